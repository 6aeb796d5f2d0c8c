/**
 * The lines of a journal: `<sha256 of the text> <text>`, appended and made durable one by one.
 */
import stringify from 'json-stable-stringify';
import { sha256Hex } from '../domain/digest.ts';
import { RebaseError } from '../errors.ts';
import { readBytes } from '../store/read-file.ts';
import { isRecord, type JournalRecord } from './journal-record.ts';

/** The first line holds the configs of all images: 64 MiB would be some 10,000 of them. */
const LARGEST_JOURNAL = 2 ** 30;

/** A whole line of a journal. */
export interface JournalLine {
  readonly record: JournalRecord;
  readonly bytes: number;
}

/** A record as a line of the file. */
export function lineOf(entry: JournalRecord): string {
  const text = stringify(entry) ?? '';
  return `${sha256Hex(text)} ${text}\n`;
}

/**
 * Reads a journal; one that is not there has no lines. The last line may be torn: it was being
 * written when the run ended, and counts as not written. Throws STORE_DAMAGED for a broken line
 * before a whole one, STORE_UNSUPPORTED for a whole line that this version does not know.
 */
export function readLines(file: string): readonly JournalLine[] {
  const bytes = readBytes(file, LARGEST_JOURNAL) ?? Buffer.alloc(0);
  const lines: JournalLine[] = [];
  let broken: number | undefined;
  let at = 0;
  for (let line = 1; bytes.includes('\n', at); line += 1) {
    const begin = at;
    const end = bytes.indexOf('\n', begin);
    const entry = valueIn(bytes.subarray(begin, end));
    at = end + 1;
    if (entry === undefined) {
      broken ??= line;
      continue;
    }
    if (broken !== undefined) throw brokenLine(file, broken);
    if (!isRecord(entry)) throw newerJournal(file);
    lines.push({ record: entry, bytes: at - begin });
  }
  return lines;
}

/** The error of a journal that this version must not touch. */
export function newerJournal(file: string): RebaseError {
  return new RebaseError('STORE_UNSUPPORTED', `${file} was written by a newer rebase-image`, {
    hint: 'use that version, or a later one',
  });
}

function brokenLine(file: string, line: number): RebaseError {
  return new RebaseError('STORE_DAMAGED', `${file} is broken in line ${line}`, {
    hint: 'restore the file from a backup; it tells how to finish or undo the transaction',
  });
}

/** What a line says; undefined unless it is whole. */
function valueIn(line: Buffer): unknown {
  const space = line.indexOf(' ');
  const text = line.subarray(space + 1);
  if (space < 0 || line.toString('latin1', 0, space) !== sha256Hex(text)) return undefined;
  try {
    return JSON.parse(text.toString());
  } catch {
    return undefined;
  }
}
