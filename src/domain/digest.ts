/**
 * Content digests as Docker names them: ImageID, DiffID, ChainID.
 * Source: OCI image-spec config.md ("Layer DiffID", "Layer ChainID", "ImageID").
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** sha256 of an image config's exact bytes: `sha256:<64 hex>`. */
export type ImageID = Branded<'ImageID'>;
/** sha256 of one layer's uncompressed tar: `sha256:<64 hex>`. */
export type DiffID = Branded<'DiffID'>;
/** Identity of a layer together with everything below it: `sha256:<64 hex>`. */
export type ChainID = Branded<'ChainID'>;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether text is a `sha256:<64 lower-case hex>` digest, the only form in dockerd's store. */
export function isDigest(text: unknown): text is string {
  return typeof text === 'string' && DIGEST.test(text);
}

/** Reads an ImageID; undefined when text is no sha256 digest. */
export function asImageID(text: unknown): ImageID | undefined {
  return isDigest(text) ? (text as ImageID) : undefined;
}

/** Reads a DiffID; undefined when text is no sha256 digest. */
export function asDiffID(text: unknown): DiffID | undefined {
  return isDigest(text) ? (text as DiffID) : undefined;
}

/** Reads a ChainID; undefined when text is no sha256 digest. */
export function asChainID(text: unknown): ChainID | undefined {
  return isDigest(text) ? (text as ChainID) : undefined;
}

/** The ImageID of a config with exactly this text (UTF-8). */
export function imageIdOf(configText: string): ImageID {
  return `sha256:${sha256Hex(configText)}` as ImageID;
}

/** The ChainID of a layer on a parent chain; a base layer (no parent) has its DiffID as ChainID. */
export function chainIdOn(parent: ChainID | undefined, diffId: DiffID): ChainID {
  if (parent === undefined) return diffId as string as ChainID;
  return `sha256:${sha256Hex(`${parent} ${diffId}`)}` as ChainID;
}

/** Every part of a run asks for the chains of the same lists. */
const CHAINS = new WeakMap<readonly DiffID[], readonly ChainID[]>();

/** The ChainID of every layer of a stack, bottom first. */
export function chainIdsOf(diffIds: readonly DiffID[]): readonly ChainID[] {
  const known = CHAINS.get(diffIds);
  if (known !== undefined) return known;
  const chain: ChainID[] = [];
  for (const diffId of diffIds) chain.push(chainIdOn(chain.at(-1), diffId));
  CHAINS.set(diffIds, chain);
  return chain;
}

/** The 64 hex digits of a digest: the name of its file or folder in the store. */
export function hexOf(digest: ImageID | DiffID | ChainID): string {
  return digest.slice('sha256:'.length);
}

/** The 12 hex digits by which docker shows an ID. */
export function shortId(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}

/** Hex sha256 of bytes, or of text as UTF-8. */
export function sha256Hex(content: string | Uint8Array): string {
  return bytesToHex(sha256(typeof content === 'string' ? utf8ToBytes(content) : content));
}

/** The raw 32 sha256 bytes of UTF-8 text. */
export function sha256Bytes(text: string): Uint8Array {
  return sha256(utf8ToBytes(text));
}
