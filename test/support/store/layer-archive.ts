/** A layer as the daemon sees it: its tar stream's DiffID, its size and its tar-split.json.gz. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { crc64, crc64OfZeros } from './crc64.ts';
import { goJson } from './go-json.ts';
import type { Entry } from './layer-entries.ts';
import { END_OF_ARCHIVE, headerBytes, paddingOf } from './tar-header.ts';
import type { TarHeader } from './tar-header.ts';

export interface LayerArchive {
  readonly diffId: string;
  readonly size: number;
  readonly tarSplit: Buffer;
}

/** Archives the entries; no file is read or written. */
export function archiveLayer(entries: readonly Entry[]): LayerArchive {
  const hash = createHash('sha256');
  const split: string[] = [];
  let padding: Buffer = Buffer.alloc(0);
  let size = 0;

  const addRaw = (raw: Buffer): void => {
    hash.update(raw);
    split.push(splitLine({ type: 2, payload: raw.toString('base64'), position: split.length }));
  };
  for (const entry of entries) {
    for (const header of tarHeadersOf(entry)) {
      addRaw(Buffer.concat([padding, headerBytes(header)]));
      const bytes = header.size ?? 0;
      const checksum = bytes === 0 ? null : updateWithContent(hash, entry);
      padding = paddingOf(bytes);
      split.push(
        splitLine({
          type: 1,
          ...nameFields(header.name),
          ...(bytes === 0 ? {} : { size: bytes }),
          payload: checksum,
          position: split.length,
        }),
      );
    }
    size += sizeOnDisk(entry);
  }
  addRaw(Buffer.concat([padding, END_OF_ARCHIVE]));
  // tar-split ends with whatever follows the archive's end, even if that is nothing.
  addRaw(Buffer.alloc(0));
  return { diffId: `sha256:${hash.digest('hex')}`, size, tarSplit: goGzip(split.join('')) };
}

/** One header per entry, but an opaque directory is followed by its marker file. */
function tarHeadersOf(entry: Entry): TarHeader[] {
  const { path, node, mode, uid, gid, mtime, xattrs } = entry;
  const common = { name: path, mode, uid, gid, mtime, xattrs };
  switch (node.kind) {
    case 'file':
      return [{ ...common, type: '0', size: node.content.length }];
    case 'zeros':
      return [{ ...common, type: '0', size: node.size }];
    case 'dir': {
      const directory: TarHeader = { ...common, name: `${path}/`, type: '5' };
      return node.opaque ? [directory, markerOf(`${path}/.wh..wh..opq`, entry)] : [directory];
    }
    case 'symlink':
      return [{ ...common, type: '2', linkName: node.target }];
    case 'hardlink':
      return [{ ...common, type: '1', linkName: node.target }];
    case 'char':
    case 'block': {
      const { major, minor } = node;
      return [{ ...common, type: node.kind === 'char' ? '3' : '4', major, minor }];
    }
    case 'fifo':
      return [{ ...common, type: '6' }];
    case 'whiteout': {
      const slash = path.lastIndexOf('/') + 1;
      return [markerOf(`${path.slice(0, slash)}.wh.${path.slice(slash)}`, entry)];
    }
  }
}

function markerOf(name: string, entry: Entry): TarHeader {
  return { name, type: '0', mode: 0o600, uid: entry.uid, gid: entry.gid, mtime: entry.mtime };
}

function updateWithContent(hash: ReturnType<typeof createHash>, entry: Entry): string {
  if (entry.node.kind === 'file') {
    hash.update(entry.node.content);
    return crc64(entry.node.content);
  }
  if (entry.node.kind !== 'zeros') throw new Error(`test store: ${entry.path} has no content`);
  for (let left = entry.node.size; left > 0; left -= ZEROS.length) {
    hash.update(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS);
  }
  return crc64OfZeros(entry.node.size);
}

/** dockerd counts content and symlink targets, hard-linked content once, directories not at all. */
function sizeOnDisk({ node }: Entry): number {
  switch (node.kind) {
    case 'file':
      return node.content.length;
    case 'zeros':
      return node.size;
    case 'symlink':
      return node.target.length;
    default:
      return 0;
  }
}

function splitLine(fields: object): string {
  return `${goJson(fields)}\n`;
}

/** tar-split keeps a name that is no UTF-8 as base64 of its bytes. */
function nameFields(name: string): object {
  const bytes = Buffer.from(name, 'latin1');
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? { name: text } : { name_raw: bytes.toString('base64') };
}

/** Go's gzip header: no time, no extra flags, unknown operating system (node says Unix). */
function goGzip(text: string): Buffer {
  const zipped = gzipSync(text);
  zipped[8] = 0;
  zipped[9] = 0xff;
  return zipped;
}

const ZEROS = Buffer.alloc(1 << 20);
