/**
 * The two meta pages of a bolt database, of which the newer sound one counts: bolt writes them in
 * turn, so that a torn write leaves the other. Source: etcd-io/bbolt, "db.go" (meta).
 */
import { damaged, numberAt } from './page.ts';

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const PAGE_HEADER = 16;
const META_SIZE = 64;
/** Of what the checksum is: everything before it. */
const SUMMED = 56;
const PAGE_SIZES = [4096, 8192, 16384, 32768, 65536, 1024, 2048];

export interface Meta {
  readonly pageSize: number;
  /** Page of the root bucket. */
  readonly root: number;
  /** Number of the transaction that wrote it. */
  readonly transaction: bigint;
}

/** The meta page that counts. Throws STORE_DAMAGED when neither is sound. */
export function readMeta(file: Buffer): Meta {
  const found = [0, ...PAGE_SIZES]
    .map((at) => metaAt(file, at))
    .filter((meta) => meta !== undefined)
    .sort((a, b) => (a.transaction < b.transaction ? 1 : -1));
  const [newest] = found;
  if (newest === undefined) throw damaged('it has no sound meta page');
  return newest;
}

function metaAt(file: Buffer, page: number): Meta | undefined {
  const at = page + PAGE_HEADER;
  if (at + META_SIZE > file.length) return undefined;
  if (file.readUInt32LE(at) !== MAGIC || file.readUInt32LE(at + 4) !== VERSION) return undefined;
  if (file.readBigUInt64LE(at + SUMMED) !== fnv1a(file.subarray(at, at + SUMMED))) return undefined;
  const pageSize = file.readUInt32LE(at + 8);
  if (!PAGE_SIZES.includes(pageSize)) return undefined;
  return {
    pageSize,
    root: numberAt(file, at + 16),
    transaction: file.readBigUInt64LE(at + 48),
  };
}

/** FNV-1a in 64 bits. */
function fnv1a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}
