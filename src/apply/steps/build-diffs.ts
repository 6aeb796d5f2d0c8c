/**
 * Versions of base layers' files: the folder `diff.<version>` beside dockerd's `diff`, and the
 * record that makes it one. dockerd looks at neither before an entry in overlay2/l leads there.
 */
import path from 'node:path';
import type { LayerSwitch } from '../../domain/bound-plan.ts';
import { counted } from '../../domain/counted.ts';
import {
  folderOfVersion,
  recordOfVersion,
  type OverlayVersion,
} from '../../domain/overlay/version.ts';
import { RebaseError } from '../../errors.ts';
import { activeFolder } from '../../store/active-directory.ts';
import { remappedRoot } from '../../store/layer-owner.ts';
import { layerDirectory, MODE, type Layout } from '../../store/layout.ts';
import { readVersionFolders } from '../../store/overlay/read-versions.ts';
import { statOf } from '../../store/read-file.ts';
import { assembleDiff } from '../overlay/assemble-diff.ts';
import type { DiffBuild } from '../overlay/diff-build.ts';
import { extractBundle } from '../overlay/extract-bundle.ts';
import { some, temporaryName, type Step, type StepContext } from '../step.ts';

export const buildDiffs: Step = {
  describe: ({ bound, clone }) =>
    some(
      built(bound.switches),
      (count) => `build ${counted(count, 'version')} of base layers (${clone})`,
    ),

  async run(context) {
    for (const one of built(context.bound.switches)) {
      const build = context.builds?.get(one.cacheId);
      if (build === undefined) throw new RangeError(`nothing says how to build ${one.after}`);
      const place = placeOf(context, one);
      refuseOtherBelow(context, one, build);
      refuseTaken(place);
      await assemble(context, build, place);
      await finish(context, one.builds, place);
    }
  },

  /**
   * A folder with the final name is ours only where our record is, under its final name or under
   * the temporary one: that is there, durable, before the folder gets its name and until it is gone.
   * One that is mounted through overlay2/l stays.
   */
  async undo(context) {
    const { disk, layout, transaction } = context;
    for (const one of built(context.bound.switches)) {
      const place = placeOf(context, one);
      await disk.removeTrees([place.work]);
      if (activeFolder(layout, one.cacheId) === one.after) continue;
      const { versions } = readVersionFolders(place.directory);
      const version = versions.find((each) => each.version === one.builds.version);
      if (version?.transaction === transaction) {
        // Without its record it is no version any more when its first file goes.
        disk.rename(place.record, place.staged);
        disk.sync(place.directory);
      }
      if (statOf(place.staged) === undefined) continue;
      await disk.removeTrees([place.folder]);
      disk.sync(place.directory);
      disk.removeFile(place.staged);
    }
  },
};

type BuiltSwitch = LayerSwitch & { readonly builds: OverlayVersion };

function built(switches: readonly LayerSwitch[]): BuiltSwitch[] {
  return switches.filter((one): one is BuiltSwitch => one.builds !== undefined);
}

interface Place {
  readonly directory: string;
  /** What the version grows in, where nobody else can look. */
  readonly work: string;
  readonly folder: string;
  /** The record before and after the version is whole. */
  readonly staged: string;
  readonly record: string;
}

function placeOf(
  { layout, transaction }: { readonly layout: Layout; readonly transaction: number },
  { cacheId, builds: { version } }: BuiltSwitch,
): Place {
  const directory = layerDirectory(layout, cacheId);
  const temporary = (item: string): string =>
    path.join(directory, temporaryName('', transaction, item));
  return {
    directory,
    work: temporary('build'),
    folder: path.join(directory, folderOfVersion(version)),
    staged: temporary('record'),
    record: path.join(directory, recordOfVersion(version)),
  };
}

/** What is there under these names is somebody else's, and stays. */
function refuseTaken({ folder, record }: Place): void {
  const taken = [folder, record].find((file) => statOf(file) !== undefined);
  if (taken === undefined) return;
  throw new RebaseError('STORE_CHANGED', `${taken} is there already`, {
    hint: 'nothing was changed; rebase-image doctor says whose it is',
  });
}

/** A version holds what differs from the files that are seen below: with others it shows a mixture. */
function refuseOtherBelow({ layout }: StepContext, { base }: LayerSwitch, build: DiffBuild): void {
  if (build.below.every(({ cacheId, folder }) => activeFolder(layout, cacheId) === folder)) return;
  throw new RebaseError('STORE_CHANGED', `another run has exchanged files below ${base}`, {
    hint: 'nothing was changed; run the command again',
  });
}

async function assemble(
  { disk, layout, clone: mode, signal, advance }: StepContext,
  { assembly, bundle }: DiffBuild,
  { work }: Place,
): Promise<void> {
  disk.makeDirectory(work, 0o700);
  const extracted = path.join(work, 'bundle');
  if (bundle !== undefined) {
    await extractBundle({ disk, bundle, target: extracted, signal, advance });
  }
  const sources = assembly.sources.map((source) =>
    source.owned && bundle !== undefined ? { ...source, folder: extracted } : source,
  );
  await assembleDiff({
    disk,
    assembly: { ...assembly, sources },
    target: path.join(work, 'diff'),
    owner: remappedRoot(layout),
    mode,
    signal,
    advance,
  });
}

async function finish(
  { disk, transaction }: StepContext,
  planned: OverlayVersion,
  { directory, work, folder, staged, record }: Place,
): Promise<void> {
  const version: OverlayVersion = { ...planned, transaction };
  disk.writeFile(staged, `${JSON.stringify(version)}\n`, MODE.layerFile);
  disk.sync(directory);
  disk.rename(path.join(work, 'diff'), folder);
  await disk.removeTrees([work]);
  await disk.run('sync', ['-f', directory]);
  disk.rename(staged, record);
  disk.sync(directory);
}
