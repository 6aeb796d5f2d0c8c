import { createHash } from 'node:crypto';
import { read } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { RebaseError } from '../../errors.ts';
import { errnoOf } from '../read-file.ts';

/** Bytes that are read and given at once. */
const CHUNK = 2 ** 18;

export interface GunzipOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes of the file were read. */
  readonly onRead?: ((bytes: number) => void) | undefined;
  /** Told the sha256 of the file, in hex, at its end. */
  readonly onDigest?: ((hex: string) => void) | undefined;
}

/**
 * Unpacks an open file that is one gzip stream and nothing else; the file's own position is neither
 * used nor moved. Throws STORE_DAMAGED when it is cut short, damaged, or something follows it.
 */
export async function* gunzipFile(
  fd: number,
  size: number,
  { signal, onRead, onDigest }: GunzipOptions = {},
): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256');
  const gunzip = createGunzip({ chunkSize: CHUNK });
  const source = Readable.from(chunksOf(fd, hash, onRead), { objectMode: false });
  // What fails here ends the gunzip with it, and is thrown below.
  pipeline(source, gunzip, signal === undefined ? {} : { signal }).catch(() => undefined);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (error) {
    signal?.throwIfAborted();
    const code = errnoOf(error);
    if (code?.startsWith('Z_') !== true) throw error;
    const why = code === 'Z_BUF_ERROR' ? 'it is cut short' : 'it is no gzip file, or damaged';
    throw new RebaseError('STORE_DAMAGED', why, { cause: error });
  }
  if (gunzip.bytesWritten !== size) {
    throw new RebaseError('STORE_DAMAGED', 'something follows the end of the gzip file');
  }
  onDigest?.(hash.digest('hex'));
}

async function* chunksOf(
  fd: number,
  hash: ReturnType<typeof createHash>,
  onRead: GunzipOptions['onRead'],
): AsyncGenerator<Buffer, void> {
  const readAt = promisify(read);
  for (let at = 0; ;) {
    const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafe(CHUNK), 0, CHUNK, at);
    if (bytesRead === 0) return;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    yield chunk;
    at += bytesRead;
    onRead?.(at);
  }
}
