/**
 * Every invariant of a store, over its inventory. Source: store.md 7.
 */
import { asChainID, shortId } from '../domain/digest.ts';
import type { Inventory } from '../domain/inventory.ts';
import { isDamage, type StoreFinding } from '../domain/store-finding.ts';
import { examineContainers, examineMounts } from './containers.ts';
import { examineImages } from './images.ts';
import { examineLinkNames } from './layer-directories.ts';
import {
  examineLayers,
  examineMarks,
  examineRemoving,
  examineSharing,
  examineVersions,
  descendantsIn,
  withoutShared,
} from './layers.ts';
import { examineLeftovers } from './leftovers.ts';
import { examineBuildkit, examineDrivers } from './store-index.ts';
import { examineTags } from './tags.ts';

/** Everything that an examination says of a store, in the order of what rests on what. */
export function examine(inventory: Inventory): StoreFinding[] {
  const known = withoutShared(inventory);
  const findings = [
    ...examineDrivers(inventory),
    ...examineTags(inventory),
    ...examineLayers(inventory),
    ...examineRemoving(inventory),
    ...examineSharing(inventory),
    ...examineLinkNames(inventory),
    ...examineMarks(known),
    ...examineVersions(known),
    ...examineImages(inventory),
    ...examineMounts(known),
    ...examineContainers(inventory),
    ...examineBuildkit(inventory),
    ...examineLeftovers(inventory),
  ];
  return withVictims(inventory, findings);
}

const GRAVEST_FIRST = 'FWI';

/** The gravest first, and else in the order in which they were found. */
export function inOrder(findings: readonly StoreFinding[]): StoreFinding[] {
  const rank = (finding: StoreFinding): number => GRAVEST_FIRST.indexOf(finding.class);
  return [...findings].sort((a, b) => rank(a) - rank(b));
}

/** The findings with the images and containers that suffer from what is wrong with a layer. */
export function withVictims(
  inventory: Inventory,
  findings: readonly StoreFinding[],
): StoreFinding[] {
  const names = namesOf(inventory);
  const descendantsOf = descendantsIn(inventory);
  return findings.map((finding) => {
    if (!isDamage(finding) || finding.about.length === 0) return finding;
    const damaged = finding.about.map(asChainID).filter((id) => id !== undefined);
    const hit = new Set<string>([...finding.about, ...descendantsOf(damaged)]);
    const affects = [...hit].flatMap((id) => [...(names.get(id) ?? [])]);
    return { ...finding, affects: [...new Set(affects)].sort() };
  });
}

/** What people call the images and containers that stand on each layer, image and mount. */
function namesOf({
  images,
  repositories,
  containers,
  mounts,
}: Inventory): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  const add = (id: string | undefined, name: string): void => {
    if (id !== undefined) names.set(id, (names.get(id) ?? new Set()).add(name));
  };
  for (const { key, value } of repositories.entries) {
    if (!key.includes('@')) add(value, key);
  }
  for (const { id, chainIds } of images.values()) {
    for (const name of [...(names.get(id) ?? [shortId(id)])]) {
      add(id, name);
      add(chainIds.at(-1), name);
    }
  }
  const parents = new Map(mounts.map(({ name, parent }) => [name, parent]));
  for (const { id, name } of containers) {
    add(parents.get(id), `container ${name || shortId(id)}`);
  }
  return names;
}
