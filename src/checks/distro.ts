import type { FileFacts, FileRequest } from '../domain/file-fact.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { lookup } from '../domain/merged-tree.ts';
import { isOfApp } from './app-paths.ts';
import type { ContentCheck, ContentFacts, Side } from './content-facts.ts';
import { compareReleases, readOsRelease, titleOf, type OsRelease } from './os-release.ts';
import { PACKAGE_DATABASES } from './packages/databases.ts';
import { layersOf } from './shadows.ts';

/** Where the file is, in the order in which it is looked up. Source: os-release(5). */
const PLACES = ['etc/os-release', 'usr/lib/os-release'];

/**
 * The new base is of another distribution, or of another major release of it. Whether the programs
 * of the app still start is for `missing` to say: this one never refuses.
 */
export const distroCheck: ContentCheck = {
  name: 'distro',
  wanted: ({ oldBase, newBase }, files) =>
    [oldBase, newBase]
      .flatMap(releaseRequest)
      .filter((request) => files.get(request) === undefined),
  judge: (facts, files) => {
    const [old, fresh] = [releaseOf(facts.oldBase, files), releaseOf(facts.newBase, files)];
    if (releaseFile(facts.oldBase) === undefined) return [];
    switch (compareReleases(old, fresh)) {
      case 'same':
        return [];
      case 'branch':
        return [changed(facts, 'note', [old, fresh], 'the same major version')];
      case 'major':
      case 'distribution':
        return [changed(facts, 'review', [old, fresh], whyItMatters(facts))];
    }
  },
};

function changed(
  { oldBase, newBase }: ContentFacts,
  severity: 'note' | 'review',
  releases: readonly OsRelease[],
  why: string,
): Finding {
  return finding('distro', severity, `from ${releases.map(titleOf).join(' to ')}`, {
    why,
    path: '/etc/os-release',
    layers: layersOf([oldBase, newBase].flatMap((side) => releaseFile(side)?.node ?? [])),
  });
}

/** Packages that the app layers installed are what a change of distribution hurts most. */
function whyItMatters(facts: ContentFacts): string {
  const used = PACKAGE_DATABASES.find(({ lists }) =>
    lists(facts.after.tree).some(({ node }) => isOfApp(facts, node)),
  );
  if (used === undefined) return 'what the app layers hold was built for the other one';
  return used.lists(facts.newBase.tree).length === 0
    ? `the app layers installed packages with ${used.name}, which the new base does not use`
    : `the packages that the app layers installed with ${used.name} were built for the other one`;
}

/** What a base says that it is; nothing, where the file is not there or not readable. */
function releaseOf(side: Side, files: FileFacts): OsRelease {
  const [fact] = releaseRequest(side).map((request) => files.get(request));
  return readOsRelease(fact?.kind === 'bytes' ? fact.bytes : '');
}

function releaseRequest(side: Side): FileRequest[] {
  const found = releaseFile(side);
  const layer = found?.node.layer;
  if (found === undefined || layer === undefined) return [];
  return [{ chainId: layer.chainId, path: found.path, want: 'text' }];
}

function releaseFile({ tree }: Side): ReturnType<typeof lookup> {
  return PLACES.map((place) => lookup(tree, place)).find(
    (found) => found?.node.entry.type === 'file',
  );
}
