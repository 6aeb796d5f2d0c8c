/**
 * A bolt database read as nested maps, for the few small ones of dockerd. The file is not locked
 * and not mapped: its bytes are taken as they are, while a running dockerd may be writing.
 * Source: etcd-io/bbolt, "bucket.go": a bucket is the page of its root, or, small, a page in place.
 */
import { readMeta } from './meta.ts';
import { damaged, numberAt, readPage, type LeafElement, type Page } from './page.ts';

/** Keys are byte strings. */
export interface Bucket {
  readonly values: ReadonlyMap<string, Buffer>;
  readonly buckets: ReadonlyMap<string, Bucket>;
}

/** A bucket's header in front of its page: root and sequence. */
const BUCKET_HEADER = 16;
/** Buckets in buckets, and branch pages above a leaf: bolt needs a handful. */
const DEEPEST = 64;

/** The file, and which of its pages were read: in a sound one each has one place. */
interface Source {
  readonly file: Buffer;
  readonly pageSize: number;
  readonly seen: Set<number>;
  /** How many keys there can still be: each has an element of its own somewhere. */
  keysLeft: number;
}

const ELEMENT_SIZE = 16;

/**
 * The root bucket of a database with all below it. An empty file is one that bolt has yet to set up.
 * Throws STORE_DAMAGED, and nothing else, whatever the bytes.
 */
export function readBuckets(file: Buffer): Bucket {
  if (file.length === 0) return { values: new Map(), buckets: new Map() };
  const { pageSize, root } = readMeta(file);
  const keysLeft = file.length / ELEMENT_SIZE;
  const source: Source = { file, pageSize, seen: new Set(), keysLeft };
  return bucketOf(leavesAt(source, root, 0), source, 0);
}

function bucketOf(elements: readonly LeafElement[], source: Source, depth: number): Bucket {
  if (depth > DEEPEST) throw damaged('its buckets are nested too deeply');
  const values = new Map<string, Buffer>();
  const buckets = new Map<string, Bucket>();
  for (const { key, value, isBucket } of elements) {
    if (!isBucket) values.set(key, value);
    else buckets.set(key, bucketOf(leavesOfBucket(value, source), source, depth + 1));
  }
  return { values, buckets };
}

function leavesOfBucket(value: Buffer, source: Source): LeafElement[] {
  if (value.length < BUCKET_HEADER) throw damaged('a bucket is cut short');
  const root = numberAt(value, 0);
  if (root !== 0) return leavesAt(source, root, 0);
  return leavesOf(readPage(value.subarray(BUCKET_HEADER)), source, 0);
}

function leavesAt(source: Source, page: number, depth: number): LeafElement[] {
  const { file, pageSize, seen } = source;
  const at = page * pageSize;
  if (at >= file.length) throw damaged('a page lies outside the file');
  if (seen.has(page)) throw damaged('a page is used twice');
  seen.add(page);
  return leavesOf(readPage(file.subarray(at)), source, depth);
}

function leavesOf(page: Page, source: Source, depth: number): LeafElement[] {
  if (page.kind === 'leaf') {
    source.keysLeft -= page.elements.length;
    if (source.keysLeft < 0) throw damaged('it has more keys than room for them');
    return [...page.elements];
  }
  if (depth > DEEPEST) throw damaged('its pages are nested too deeply');
  return page.pages.flatMap((below) => leavesAt(source, below, depth + 1));
}
