/**
 * Writes small bolt databases, as BuildKit keeps its snapshots in. Shares no code with src/.
 * Source: etcd-io/bbolt: two meta pages, a freelist, then leaves; numbers little-endian.
 */

/** Buckets by key, each with its values by key. */
export type Buckets = Readonly<Record<string, Readonly<Record<string, string>>>>;

const PAGE = 4096;
const BRANCH = 1;
const LEAF = 2;

/**
 * A database with these buckets in its root. With `perLeaf` the root is a branch over leaves of that
 * many buckets; with `inline: false` each bucket has a page of its own.
 */
export function boltFile(
  buckets: Buckets,
  { perLeaf = Infinity, inline = true }: { perLeaf?: number; inline?: boolean } = {},
): Buffer {
  const pages: Buffer[] = [];
  const addPage = (type: number, count: number, body: Buffer): number => {
    const number = 3 + pages.reduce((sum, page) => sum + page.length / PAGE, 0);
    pages.push(pageOf(number, type, count, body));
    return number;
  };
  const bucket = (values: Readonly<Record<string, string>>): Buffer => {
    const entries = Object.entries(values).map(([key, value]) =>
      leafEntry(key, Buffer.from(value)),
    );
    const body = leafBody(entries);
    if (inline)
      return Buffer.concat([number64(0), number64(0), header(0, LEAF, entries.length), body]);
    return Buffer.concat([number64(addPage(LEAF, entries.length, body)), number64(0)]);
  };
  const all = Object.entries(buckets).map(([key, values]) => leafEntry(key, bucket(values), 1));
  const leaves: { first: string; page: number }[] = [];
  for (let at = 0; at < Math.max(all.length, 1); at += Math.min(perLeaf, all.length || 1)) {
    const some = all.slice(at, at + Math.min(perLeaf, all.length || 1));
    leaves.push({ first: some[0]?.key ?? '', page: addPage(LEAF, some.length, leafBody(some)) });
  }
  const root =
    leaves.length === 1 ? leaves[0]!.page : addPage(BRANCH, leaves.length, branchBody(leaves));
  const end = 3 + pages.reduce((sum, page) => sum + page.length / PAGE, 0);
  return Buffer.concat([
    metaPage(0, root, end, 6),
    metaPage(1, root, end, 7),
    pageOf(2, 0x10, 0, Buffer.alloc(0)),
    ...pages,
  ]);
}

interface LeafEntry {
  readonly flags: number;
  readonly key: string;
  readonly value: Buffer;
}

function leafEntry(key: string, value: Buffer, flags = 0): LeafEntry {
  return { flags, key, value };
}

function leafBody(entries: readonly LeafEntry[]): Buffer {
  let at = entries.length * 16;
  const elements = entries.map(({ flags, key, value }, index) => {
    const element = Buffer.alloc(16);
    element.writeUInt32LE(flags, 0);
    element.writeUInt32LE(at - index * 16, 4);
    element.writeUInt32LE(key.length, 8);
    element.writeUInt32LE(value.length, 12);
    at += key.length + value.length;
    return element;
  });
  return Buffer.concat([
    ...elements,
    ...entries.flatMap(({ key, value }) => [Buffer.from(key, 'latin1'), value]),
  ]);
}

function branchBody(leaves: readonly { first: string; page: number }[]): Buffer {
  let at = leaves.length * 16;
  const elements = leaves.map(({ first, page }, index) => {
    const element = Buffer.alloc(16);
    element.writeUInt32LE(at - index * 16, 0);
    element.writeUInt32LE(first.length, 4);
    element.writeBigUInt64LE(BigInt(page), 8);
    at += first.length;
    return element;
  });
  return Buffer.concat([...elements, ...leaves.map(({ first }) => Buffer.from(first, 'latin1'))]);
}

function pageOf(number: number, type: number, count: number, body: Buffer): Buffer {
  const overflow = Math.ceil((16 + body.length) / PAGE) - 1;
  const page = Buffer.alloc((overflow + 1) * PAGE);
  header(number, type, count, overflow).copy(page);
  body.copy(page, 16);
  return page;
}

function header(number: number, type: number, count: number, overflow = 0): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(BigInt(number), 0);
  bytes.writeUInt16LE(type, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(overflow, 12);
  return bytes;
}

function metaPage(number: number, root: number, end: number, transaction: number): Buffer {
  const meta = Buffer.alloc(64);
  meta.writeUInt32LE(0xed0cdaed, 0);
  meta.writeUInt32LE(2, 4);
  meta.writeUInt32LE(PAGE, 8);
  meta.writeBigUInt64LE(BigInt(root), 16);
  meta.writeBigUInt64LE(2n, 32);
  meta.writeBigUInt64LE(BigInt(end), 40);
  meta.writeBigUInt64LE(BigInt(transaction), 48);
  let hash = 0xcbf29ce484222325n;
  for (const byte of meta.subarray(0, 56)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  meta.writeBigUInt64LE(hash, 56);
  return pageOf(number, 4, 0, meta);
}

function number64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
