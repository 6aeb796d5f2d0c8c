/**
 * A layer's tar, put together again from its tar-split file and its directory, as `docker save` and
 * `docker push` do it. Source: store.md 1.1, 7.11; vbatts/tar-split tar/asm/assemble.go.
 */
import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ByteString } from '../domain/byte-string.ts';
import type { ChainID, DiffID } from '../domain/digest.ts';
import { Crc64 } from './crc64.ts';
import { diffDirectory } from './diff-directory.ts';
import { layerEntry, type Layout } from './layout.ts';
import { openInLayer } from './open-in-layer.ts';
import { errnoOf } from './read-file.ts';
import { streamTarSplit, type TarSplitEntry } from './tar-split.ts';

export interface Reassembled {
  /** Of the tar as it came out: the layer's own, when the layer is sound. */
  readonly diffId: DiffID;
  /** Files that are not as the tar-split file has them, in its order. */
  readonly damaged: readonly DamagedFile[];
}

export interface DamagedFile {
  /** As the layer's tar names it. */
  readonly path: ByteString;
  /** One line that goes on after the file's name: `it is not there`. */
  readonly reason: string;
}

export interface ReassembleOptions {
  /**
   * Compares the checksum of each file too, several times as slow: which files differ matters
   * only when the DiffID does.
   */
  readonly checksums?: boolean;
}

type FileEntry = Extract<TarSplitEntry, { kind: 'file' }>;

/** Bytes that are read at once, and after how many of them others get their turn. */
const CHUNK = 2 ** 20;
const TURN = 64 * CHUNK;

/**
 * Reads a whole layer and gives the DiffID that its tar has, in constant memory; writes nothing.
 * Throws STORE_DAMAGED when the tar-split file is missing or unreadable.
 */
export async function reassembleLayer(
  layout: Layout,
  { chainId, cacheId }: { readonly chainId: ChainID; readonly cacheId: string },
  { checksums = false }: ReassembleOptions = {},
): Promise<Reassembled> {
  const root = diffDirectory(layout, cacheId);
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  const damaged: DamagedFile[] = [];
  const file = path.join(layerEntry(layout, chainId), 'tar-split.json.gz');
  for await (const entry of streamTarSplit(file)) {
    if (entry.kind === 'raw') {
      hash.update(entry.bytes);
    } else if (entry.size > 0) {
      const crc = checksums ? new Crc64() : undefined;
      const reason = await readInto(root, entry, buffer, (bytes) => {
        hash.update(bytes);
        crc?.update(bytes);
      });
      const isChanged = crc !== undefined && crc.digest() !== entry.crc;
      if (reason !== undefined) damaged.push({ path: entry.name, reason });
      else if (isChanged) damaged.push({ path: entry.name, reason: 'its content has changed' });
    }
  }
  return { diffId: `sha256:${hash.digest('hex')}` as DiffID, damaged };
}

/** Hands a file's content on piece by piece. Returns what is wrong with it, if anything is. */
async function readInto(
  root: string,
  { name, size }: FileEntry,
  buffer: Buffer,
  take: (bytes: Buffer) => void,
): Promise<string | undefined> {
  const opened = openInLayer(root, name, 'inside');
  if ('reason' in opened) return opened.reason;
  try {
    let done = 0;
    for (;;) {
      const read = readSync(opened.fd, buffer);
      if (read === 0) break;
      take(buffer.subarray(0, read));
      done += read;
      if (done > size) break;
      if (done % TURN === 0) await setImmediate();
    }
    if (done === size) return undefined;
    return `it is ${done < size ? 'shorter' : 'longer'} than the ${size} bytes of the layer`;
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    return `it cannot be read (${code})`;
  } finally {
    closeSync(opened.fd);
  }
}
