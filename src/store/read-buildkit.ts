/**
 * What BuildKit holds of the store: its snapshot database has one bucket for each snapshot, whose
 * key, or else `committed`, is the name of an overlay2 directory, and whose `chainid` is a layer.
 * Source: store.md 1.12; moby builder/builder-next/adapters/snapshot/snapshot.go.
 */
import { asChainID, type ChainID } from '../domain/digest.ts';
import type { BuildkitFacts } from '../domain/inventory.ts';
import { readBuckets } from './bolt/read-buckets.ts';
import type { Layout } from './layout.ts';
import { readBytes } from './read-file.ts';

/** No build cache of any host comes near it. */
const LARGEST_DATABASE = 2 ** 30;

/** The snapshots of BuildKit; nothing where there is no database. Never throws. */
export function readBuildkit(layout: Layout): BuildkitFacts {
  try {
    const bytes = readBytes(layout.buildkitSnapshots, LARGEST_DATABASE);
    return { problem: undefined, ...snapshotsIn(bytes ?? Buffer.alloc(0)) };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { problem, directories: new Set(), chainIds: new Set() };
  }
}

/**
 * The layers that BuildKit holds, for whoever decides what may be removed: of a database that cannot
 * be read, or that changed while it was read, every digest in its bytes, which are too many and never
 * too few.
 */
export function chainsOfBuildkit(layout: Layout): Set<ChainID> {
  const read = (): Buffer =>
    readBytes(layout.buildkitSnapshots, LARGEST_DATABASE) ?? Buffer.alloc(0);
  const bytes = read();
  try {
    const { chainIds } = snapshotsIn(bytes);
    if (bytes.equals(read())) return chainIds;
  } catch {
    // Its bytes tell enough.
  }
  const found = bytes.toString('latin1').match(/sha256:[0-9a-f]{64}/g) ?? [];
  return new Set(found.map(asChainID).filter((chainId) => chainId !== undefined));
}

function snapshotsIn(database: Buffer): { directories: Set<string>; chainIds: Set<ChainID> } {
  const directories = new Set<string>();
  const chainIds = new Set<ChainID>();
  for (const [key, { values }] of readBuckets(database).buckets) {
    directories.add(key);
    directories.add(values.get('committed')?.toString('latin1') ?? key);
    const chainId = asChainID(values.get('chainid')?.toString('latin1'));
    if (chainId !== undefined) chainIds.add(chainId);
  }
  return { directories, chainIds };
}
