import { closeSync, readSync } from 'node:fs';
import { textOfBytes } from '../domain/byte-string.ts';
import { readElf } from '../domain/elf/read-elf.ts';
import type { FileFact, FileRequest } from '../domain/file-fact.ts';
import { RebaseError } from '../errors.ts';
import { activeDirectory } from './active-directory.ts';
import type { Layout } from './layout.ts';
import { openInLayer } from './open-in-layer.ts';
import { errnoOf } from './read-file.ts';
import { readLayerFile, type LayerFile } from './read-layer-file.ts';
import { readRpmDatabase } from './rpm/read-rpm-database.ts';

const HEAD_BYTES = 4096;
/** Package databases and loaders are the largest texts that are asked for: a few MiB. */
const TEXT_BYTES = 32 * 1024 * 1024;
/** An rpm database of a whole desktop has some 100 MiB, that of an image a tenth. */
const RPM_BYTES = 128 * 1024 * 1024;

/**
 * Answers what a check asks of one file of one layer, the overlay2 directory of that cache-id.
 * What cannot be read or is no such file is an answer, too. Follows no symlink.
 * Throws STORE_DAMAGED when the cache-id is no name of a directory or the disk fails.
 */
export function readFileFact(
  layout: Layout,
  cacheId: string,
  request: Pick<FileRequest, 'path' | 'want'>,
): FileFact {
  try {
    return factOf(layout, cacheId, request);
  } catch (error) {
    if (error instanceof RebaseError || errnoOf(error) === undefined) throw error;
    const name = `overlay2/${cacheId}/diff/${textOfBytes(request.path)}`;
    throw new RebaseError('STORE_DAMAGED', `${name} cannot be read (${errnoOf(error) ?? ''})`, {
      hint: 'look at the disk, or pull, load or build the image again; nothing was changed',
      cause: error,
    });
  }
}

function factOf(
  layout: Layout,
  cacheId: string,
  { path, want }: Pick<FileRequest, 'path' | 'want'>,
): FileFact {
  switch (want) {
    case 'text':
      return bytesFact(readLayerFile(layout, cacheId, path, { limit: TEXT_BYTES }));
    case 'head':
      return bytesFact(readLayerFile(layout, cacheId, path, { limit: HEAD_BYTES, head: true }));
    case 'elf':
      return elfFact(layout, cacheId, path);
    case 'rpm':
      return rpmFact(readLayerFile(layout, cacheId, path, { limit: RPM_BYTES }));
  }
}

function bytesFact(file: LayerFile): FileFact {
  if ('reason' in file) return unreadable(file.reason);
  return { kind: 'bytes', bytes: file.bytes.toString('latin1') };
}

function elfFact(layout: Layout, cacheId: string, path: string): FileFact {
  const opened = openInLayer(activeDirectory(layout, cacheId), path, 'refuse');
  if ('reason' in opened) return unreadable(opened.reason);
  const { fd } = opened;
  try {
    return {
      kind: 'elf',
      elf: readElf((offset, length) => {
        const bytes = Buffer.alloc(length);
        return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
      }),
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return unreadable(error.message);
  } finally {
    closeSync(fd);
  }
}

function rpmFact(file: LayerFile): FileFact {
  if ('reason' in file) return unreadable(file.reason);
  try {
    return { kind: 'packages', packages: readRpmDatabase(file.bytes) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return unreadable(error.message);
  }
}

function unreadable(reason: string): FileFact {
  return { kind: 'unreadable', reason };
}
