/**
 * Which files change, as a summary by directory or one by one.
 */
import { textOfBytes } from '../../domain/byte-string.ts';
import {
  countsByDirectory,
  type ChangeCounts,
  type FileChanges,
} from '../../domain/overlay/file-changes.ts';
import { firstOf, type Page } from '../page.ts';
import { printable } from '../printable.ts';
import { table } from '../table.ts';

/** Directories of the summary. */
const DIRECTORIES_SHOWN = 12;
/** Names above a path that make its directory in the summary: `usr/lib`. */
const DEPTH = 2;

const KINDS = ['added', 'changed', 'deleted'] as const;
const SIGN = { added: '+', changed: '~', deleted: '-' } as const;

/** `12 added, 3 changed, 1 deleted`. */
export function countsText({ counts }: FileChanges): string {
  return KINDS.map((kind) => `${counts[kind]} ${kind}`).join(', ');
}

/** A table of the directories in which most changes. */
export function directoryTable(page: Page, { changes }: FileChanges): string[] {
  const directories = [...countsByDirectory(changes, DEPTH)].sort(
    ([, a], [, b]) => totalOf(b) - totalOf(a),
  );
  const { shown, more } = firstOf(page, directories, DIRECTORIES_SHOWN);
  if (shown.length === 0) return [];
  const rows = shown.map(([directory, counts]) => [
    `/${textOfBytes(directory)}`,
    ...KINDS.map((kind) => (counts[kind] === 0 ? '-' : String(counts[kind]))),
  ]);
  const columns = [
    { head: 'DIRECTORY', cut: 'middle' as const },
    ...KINDS.map((kind) => ({ head: kind.toUpperCase() })),
  ];
  return [
    ...table(page, columns, { rows, indent: 4 }),
    ...(more === 0 ? [] : [`    and ${more} more directories (--no-trunc lists all)`]),
  ];
}

/** Every path on a line: `+ /etc/new`. */
export function pathLines({ paint }: Page, { changes }: FileChanges): string[] {
  const colour = { added: paint.green, changed: paint.yellow, deleted: paint.red };
  return changes.map(({ kind, path }) =>
    colour[kind](`    ${SIGN[kind]} /${printable(textOfBytes(path))}`),
  );
}

function totalOf({ added, changed, deleted }: ChangeCounts): number {
  return added + changed + deleted;
}
