/**
 * Reads rpm's own "ndb" format: pages of slots, each of which names a package's blob.
 * Source: rpm lib/backend/ndb/rpmpkg.c. All numbers are little endian.
 */

const MAGIC = { file: 'RpmP', slot: 'Slot', blob: 'BlbS' } as const;
const PAGE = 4096;
const SLOT = 16;
/** The file header takes the place of the first two slots. */
const FIRST_SLOT = 2;
/** Blobs are placed and counted in blocks. */
const BLOCK = 16;
const BLOB_HEAD = 16;

export function isNdb(bytes: Buffer): boolean {
  return magicAt(bytes, 0) === MAGIC.file;
}

/** Every package's blob, in the order of the slots. Throws SyntaxError, RangeError. */
export function ndbBlobs(bytes: Buffer): Buffer[] {
  const slots = (bytes.readUInt32LE(12) * PAGE) / SLOT;
  if (slots * SLOT > bytes.length) throw new RangeError(`no ${slots} slots`);
  const blobs: Buffer[] = [];
  let left = bytes.length;
  for (let at = FIRST_SLOT * SLOT; at < slots * SLOT; at += SLOT) {
    if (magicAt(bytes, at) !== MAGIC.slot) throw new SyntaxError('it is damaged: a slot is none');
    const block = bytes.readUInt32LE(at + 8);
    // An unused slot.
    if (block === 0) continue;
    const blob = blobAt(bytes, block * BLOCK, bytes.readUInt32LE(at + 4));
    left -= blob.length;
    if (left < 0) throw new SyntaxError('it is damaged: its packages overlap');
    blobs.push(blob);
  }
  return blobs;
}

function blobAt(bytes: Buffer, start: number, packageIndex: number): Buffer {
  if (magicAt(bytes, start) !== MAGIC.blob || bytes.readUInt32LE(start + 4) !== packageIndex) {
    throw new SyntaxError('it is damaged: a slot names no package');
  }
  const end = start + BLOB_HEAD + bytes.readUInt32LE(start + 12);
  if (end > bytes.length) throw new RangeError(`no blob up to ${end}`);
  return bytes.subarray(start + BLOB_HEAD, end);
}

function magicAt(bytes: Buffer, offset: number): string {
  return bytes.toString('latin1', offset, offset + 4);
}
