/**
 * The tar-split file of a layer: the layer's tar without the contents of its files.
 * Source: store.md 1.1 (tar-split.json.gz); vbatts/tar-split tar/storage/{entry,packer}.go.
 */
import { createReadStream } from 'node:fs';
import { createGunzip, gunzipSync } from 'node:zlib';
import { bytesOfText, type ByteString } from '../domain/byte-string.ts';
import { RebaseError } from '../errors.ts';
import { errnoOf, readBytes } from './read-file.ts';

export type TarSplitEntry =
  /** Bytes of the tar as they stand: headers, padding, the end of the archive. */
  | { readonly kind: 'raw'; readonly bytes: Buffer }
  /** Where the content of a file belongs; there is one for every member, even without content. */
  | {
      readonly kind: 'file';
      /** As in the tar, `./` and all. */
      readonly name: ByteString;
      readonly size: number;
      /** CRC-64 of the content in base64. */
      readonly crc: string | undefined;
    };

/** The longest text that is taken from a tar-split file: that of some 200,000 files. */
const MAX_TEXT = 256 * 2 ** 20;

/** The longest line that is taken: what follows the end of a tar is one entry, however long. */
const MAX_LINE = 64 * 2 ** 20;

const NEWLINE = 10;

/**
 * The text of a tar-split file: JSON, one entry a line.
 * Throws STORE_DAMAGED when there is no such file, it is no gzip, or it unpacks to too much.
 */
export function readTarSplit(file: string): Buffer {
  try {
    const compressed = readBytes(file, MAX_TEXT);
    if (compressed !== undefined) return gunzipSync(compressed, { maxOutputLength: MAX_TEXT });
  } catch (error) {
    throw notReadable(file, error);
  }
  throw new RebaseError('STORE_DAMAGED', `${file} cannot be read (ENOENT)`);
}

/** The entries of a tar-split file of any length, in constant memory. Throws STORE_DAMAGED. */
export async function* streamTarSplit(file: string): AsyncGenerator<TarSplitEntry> {
  const compressed = createReadStream(file);
  const text = createGunzip({ chunkSize: 2 ** 16 });
  // for await sees the errors of the stream that it reads, not those of the one before.
  compressed.on('error', (error) => text.destroy(error)).pipe(text);
  let begun: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(NEWLINE);
      length += chunk.length;
      if (end < 0) {
        begun.push(chunk);
        if (length > MAX_LINE) throw notTarSplit('a line is too long');
        continue;
      }
      yield* tarSplitEntries(Buffer.concat([...begun, chunk.subarray(0, end)]));
      begun = [chunk.subarray(end + 1)];
      length = chunk.length - end - 1;
    }
  } catch (error) {
    throw error instanceof RebaseError ? error : notReadable(file, error);
  } finally {
    compressed.destroy();
  }
  yield* tarSplitEntries(Buffer.concat(begun));
}

function notReadable(file: string, error: unknown): Error {
  const why = errnoOf(error);
  if (why === undefined) return error as Error;
  return new RebaseError('STORE_DAMAGED', `${file} cannot be read (${why})`, { cause: error });
}

/** The entries of a tar-split text, in order. Throws STORE_DAMAGED. */
export function* tarSplitEntries(text: Buffer): Generator<TarSplitEntry> {
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf(NEWLINE, at);
    const end = newline < 0 ? text.length : newline;
    if (end > at) yield tarSplitEntry(text.toString('utf8', at, end));
    at = end + 1;
  }
}

/** One line of a tar-split text. Throws STORE_DAMAGED. */
export function tarSplitEntry(line: string): TarSplitEntry {
  const fields = jsonObject(line);
  const { type, payload = null } = fields;
  if (payload !== null && typeof payload !== 'string') throw notTarSplit('a payload is no text');
  if (type === 2) return { kind: 'raw', bytes: Buffer.from(payload ?? '', 'base64') };
  if (type !== 1) throw notTarSplit('an entry is of no known type');
  return { kind: 'file', name: nameIn(fields), size: sizeIn(fields), crc: payload ?? undefined };
}

/** The error for a tar-split file that is not what dockerd writes. */
export function notTarSplit(why: string): RebaseError {
  return new RebaseError('STORE_DAMAGED', `tar-split: ${why}`);
}

type Fields = Readonly<Record<string, unknown>>;

function jsonObject(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw notTarSplit('a line is no JSON');
  }
  if (typeof value !== 'object' || value === null) throw notTarSplit('a line is no object');
  return value as Fields;
}

/** `name_raw`, in base64, stands for a name that is no UTF-8. */
function nameIn({ name = '', name_raw: raw = '' }: Fields): ByteString {
  if (typeof name !== 'string' || typeof raw !== 'string') throw notTarSplit('a name is no text');
  return raw === '' ? bytesOfText(name) : Buffer.from(raw, 'base64').toString('latin1');
}

function sizeIn({ size = 0 }: Fields): number {
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw notTarSplit('a size is no number');
  }
  return size;
}
