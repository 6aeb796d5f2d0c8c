/** Every identifier of the store, computed with node:crypto alone (never with src/). */
import { createHash } from 'node:crypto';

/** Lower-case hex sha256 of text or bytes. */
export function sha256Hex(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The part after `sha256:`. */
export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

/** ChainID of each layer of a stack, bottom first: DiffID, then sha256("<parent> <DiffID>"). */
export function chainIdsOf(diffIds: readonly string[]): string[] {
  const chainIds: string[] = [];
  for (const diffId of diffIds) {
    const parent = chainIds.at(-1);
    chainIds.push(parent === undefined ? diffId : `sha256:${sha256Hex(`${parent} ${diffId}`)}`);
  }
  return chainIds;
}

/** 64 hex characters as pull, load and commit make them; derived, so that stores repeat. */
export function classicCacheId(chainId: string): string {
  return sha256Hex(`cache-id ${chainId}`);
}

/** 25 characters of base36, as BuildKit names its snapshots. */
export function buildkitCacheId(chainId: string): string {
  const number = BigInt(`0x${sha256Hex(`cache-id ${chainId}`)}`);
  return number.toString(36).padStart(25, '0').slice(-25);
}

/** 26 characters of base32 for `link` and `l/`. */
export function linkOf(directoryName: string): string {
  const bits = BigInt(`0x${sha256Hex(`link ${directoryName}`)}`)
    .toString(2)
    .padStart(256, '0');
  return Array.from(
    { length: 26 },
    (_, i) => BASE32[Number.parseInt(bits.slice(i * 5, i * 5 + 5), 2)],
  ).join('');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
