/** Switches of the base of a small store, planned from its own layers, and how they are applied. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { applySwitches, type SwitchOptions } from '../../../src/api/overlay/apply-switches.ts';
import type { DiffBuild } from '../../../src/apply/overlay/diff-build.ts';
import type { LayerSwitch } from '../../../src/domain/bound-plan.ts';
import { asChainID, asImageID } from '../../../src/domain/digest.ts';
import { lowerOn } from '../../../src/domain/overlay-layer.ts';
import {
  folderOfVersion,
  ORIGINAL,
  type BaseIdentity,
} from '../../../src/domain/overlay/version.ts';
import type { Outcome } from '../../../src/domain/report.ts';
import { assemblyOf } from '../../../src/plan/overlay/assembly.ts';
import { treeDelta } from '../../../src/plan/overlay/tree-delta.ts';
import { activeFolder } from '../../../src/store/active-directory.ts';
import { layoutOf } from '../../../src/store/layout.ts';
import { openBaseTrees } from '../../../src/store/overlay/base-trees.ts';
import type { OpenBundle } from '../../../src/store/overlay/open-bundle.ts';
import { readLayerDirectory } from '../../../src/store/read-layer.ts';
import type { BuiltImage, BuiltStore, StoreSpec } from '../../support/store-builder.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { OFFLINE, openStopped } from '../stopped-store.ts';

/** A base of two layers, the one that it shall look like, and an app on the first. */
export const BASES: StoreSpec = {
  images: [
    {
      name: 'old',
      tags: ['base:1'],
      layers: [
        { files: { low: 'low', 'dir/a': 'a' } },
        { files: { release: '1', gone: 'gone', large: 'l'.repeat(70_000) } },
      ],
    },
    {
      name: 'new',
      tags: ['base:2'],
      layers: [{ files: { release: '2', 'dir/b': 'b', large: 'm'.repeat(70_000) } }],
    },
    { name: 'app', from: 'old', tags: ['app:1'], layers: [{ files: { run: 'run' } }] },
  ],
};

export interface ExampleSwitch {
  readonly one: LayerSwitch;
  readonly build: DiffBuild;
}

/** The switch of base:1 to a version that shows base:2. */
export function switchTo(store: BuiltStore, version = '2'): ExampleSwitch {
  const layout = layoutOf(store.root);
  const [old, shown] = [store.image('old'), store.image('new')];
  const trees = openBaseTrees(layout);
  const low = trees.stack(chainsOf(old).slice(0, -1));
  const delta = treeDelta(low, trees.stack(chainsOf(shown)), { keepOld: false });
  const builds = {
    version,
    base: identityOf(old),
    shows: identityOf(shown),
    union: false,
    transaction: 0,
  };
  return {
    one: { ...placeOf(store), after: folderOfVersion(version), builds },
    build: { assembly: assemblyOf(delta, (layer) => trees.sourceOf(layer)), below: [] },
  };
}

/** The switch of base:1 back to its own files, or to a version that is there. */
export function switchBack(store: BuiltStore, version?: string): LayerSwitch {
  const after = version === undefined ? ORIGINAL : folderOfVersion(version);
  return { ...placeOf(store), after, builds: undefined };
}

/** The same switch with all files taken from a bundle, as another host has packed it. */
export function fromBundle({ one, build }: ExampleSwitch): ExampleSwitch {
  const packed = makeTempDir();
  mkdirSync(join(packed, 'diff'));
  for (const { path, source } of build.assembly.files) {
    const { folder } = build.assembly.sources[source]!;
    cpSync(join(folder, path), join(packed, 'diff', path), { recursive: true });
  }
  const archive = execFileSync('tar', ['-c', '-C', packed, 'diff']);
  const bundle = {
    file: 'example.tar.gz',
    bytes: archive.length,
    archive: async function* () {
      yield await Promise.resolve(archive);
    },
  } as unknown as OpenBundle;
  const sources = [{ folder: '', owned: true }];
  const fromIt = <T extends { readonly source: number }>(entry: T): T => ({ ...entry, source: 0 });
  const { directories, files, whiteouts } = build.assembly;
  const assembly = {
    sources,
    directories: directories.map(fromIt),
    files: files.map(fromIt),
    whiteouts,
  };
  return { one, build: { assembly, bundle, below: [] } };
}

/** Applies a switch on a store whose dockerd does not run. */
export async function applySwitch(
  root: string,
  { one, build }: Omit<ExampleSwitch, 'build'> & { readonly build?: DiffBuild },
  options: Partial<SwitchOptions> = {},
): Promise<Outcome> {
  const builds = new Map(build === undefined ? [] : [[one.cacheId, build]]);
  return applySwitches(
    await openStopped(root),
    { switches: [one], builds, clone: 'auto' },
    { ...OFFLINE, command: 'overlay apply', ...options },
  );
}

/** The folder that is seen of base:1's top layer. */
export function shownFolder(store: BuiltStore): string | undefined {
  return activeFolder(layoutOf(store.root), store.image('old').cacheIds.at(-1)!);
}

function placeOf(store: BuiltStore): Omit<LayerSwitch, 'after' | 'builds'> {
  const layout = layoutOf(store.root);
  const { cacheIds, chainIds } = store.image('old');
  const cacheId = cacheIds.at(-1)!;
  const { link, lower } = readLayerDirectory(layout, cacheId)!;
  return {
    base: 'base:1',
    chainId: asChainID(chainIds.at(-1))!,
    cacheId,
    link: link!,
    before: activeFolder(layout, cacheId)!,
    lowerdir: lowerOn({ link: link!, lower })!,
  };
}

function identityOf({ name, imageId, chainIds }: BuiltImage): BaseIdentity {
  return { name, imageId: asImageID(imageId)!, chainId: asChainID(chainIds.at(-1))! };
}

function chainsOf({ chainIds }: BuiltImage) {
  return chainIds.map((chainId) => asChainID(chainId)!);
}
