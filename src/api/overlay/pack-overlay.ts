import { hostDisk } from '../../apply/disk.ts';
import { refuseOutput } from '../../apply/overlay/refuse-output.ts';
import { writeBundle } from '../../apply/overlay/write-bundle.ts';
import { asRebaseError } from '../../apply/system-error.ts';
import { checkPlatform } from '../../checks/platform.ts';
import { chainIdsOf } from '../../domain/digest.ts';
import { parseImageConfig } from '../../domain/image-config.ts';
import { walk, type MergedTree } from '../../domain/merged-tree.ts';
import type { Assembly } from '../../domain/overlay/assembly.ts';
import type { BundledBase } from '../../domain/overlay/bundle.ts';
import type { PackReport } from '../../domain/overlay/report.ts';
import type { Progress } from '../../domain/progress.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { RebaseError } from '../../errors.ts';
import { assemblyOf } from '../../plan/overlay/assembly.ts';
import { bundleManifest, type BundleFacts } from '../../plan/overlay/bundle-manifest.ts';
import { fileChanges } from '../../plan/overlay/file-changes.ts';
import { treeDelta } from '../../plan/overlay/tree-delta.ts';
import { versionNameOf } from '../../plan/overlay/version-name.ts';
import { findImage, type FoundImage } from '../../resolve/find-image.ts';
import { remappedRoot } from '../../store/layer-owner.ts';
import { openBaseTrees } from '../../store/overlay/base-trees.ts';
import { hashFile } from '../../store/overlay/hash-file.ts';
import { hashFiles } from '../../store/overlay/hash-files.ts';
import { readSnapshot } from '../../store/read-snapshot.ts';
import type { OpenStore } from '../open-store.ts';
import { leftInPlace } from './left-in-place.ts';
import { looksAlike } from './look-alike.ts';

export interface PackRequest {
  readonly old: string;
  readonly new: string;
  /** Files that only the old base has are left in place. */
  readonly union: boolean;
  /** undefined: nothing will be written. */
  readonly file: string | undefined;
  /** Name and version of this program, for the manifest. */
  readonly tool: string;
  readonly progress: Progress;
}

/** A bundle before it is written. */
export interface PackPlan {
  readonly report: PackReport;
  readonly facts: BundleFacts;
  readonly target: MergedTree;
  readonly assembly: Assembly;
}

/**
 * Plans a bundle that makes one base look like another: both as they were pulled, whatever is seen
 * through their layers at present. Works beside a running dockerd. Reads only.
 * Throws IMAGE_NOT_FOUND, SAME_IMAGE, USAGE for two platforms or an output that cannot be written,
 * STORE_DAMAGED, STORE_UNSUPPORTED.
 */
export function planPack({ layout }: OpenStore, request: PackRequest): PackPlan {
  const { union, file, tool, progress } = request;
  if (file !== undefined) refuseOutput(file);
  progress('read the files of the bases');
  const snapshot = readSnapshot(layout);
  const [old, next] = [localImage(snapshot, request.old), localImage(snapshot, request.new)];
  refuseOddPair(old, next);
  const bases = { old: bundledBase(old), new: bundledBase(next) };
  const trees = openBaseTrees(layout);
  const from = trees.stack(chainIdsOf(old.image.diffIds), { original: true });
  const target = trees.stack(chainIdsOf(next.image.diffIds), { original: true });
  const assembly = assemblyOf(treeDelta(from, target, { keepOld: union }), (layer) =>
    trees.sourceOf(layer),
  );
  const alike = looksAlike({
    folderOf: (layer) => trees.sourceOf(layer).folder,
    manifest: undefined,
  });
  const changes = fileChanges(from, target, alike);
  const { os, architecture, variant } = parseImageConfig(next.image.text).platform;
  const facts: BundleFacts = {
    tool,
    os,
    architecture,
    variant: variant === '' ? undefined : variant,
    ...bases,
    version: versionNameOf(next.name, next.image.id),
    union,
    root: remappedRoot(layout),
  };
  return {
    report: {
      storeRoot: layout.root,
      old: identityOf(bases.old),
      new: identityOf(bases.new),
      version: facts.version,
      union,
      file,
      carried: {
        files: assembly.files.length,
        bytes: assembly.files.reduce((sum, { size, hardLinkOf }) => {
          return hardLinkOf === undefined ? sum + size : sum;
        }, 0),
      },
      deleted: assembly.whiteouts.length,
      entries: 1 + [...walk(target)].length,
      changes: union ? leftInPlace(changes, target) : changes,
      written: undefined,
    },
    facts,
    target,
    assembly,
  };
}

/**
 * Writes the bundle that was planned; the same bases give the same bytes. On failure nothing is
 * left. Throws NO_SPACE, TOOL_MISSING, STORE_CHANGED, USAGE.
 */
export async function writePack(
  { report, facts, target, assembly }: PackPlan,
  { progress, signal }: { readonly progress: Progress; readonly signal?: AbortSignal },
): Promise<PackReport> {
  try {
    const sums = await hashFiles(assembly, { signal, progress });
    const manifest = bundleManifest(facts, target, assembly, sums);
    const { file } = report;
    if (file === undefined) throw new RangeError('no file is named');
    await writeBundle({ disk: hostDisk, file, manifest, assembly, signal, progress });
    return { ...report, written: await hashFile(file) };
  } catch (error) {
    throw asRebaseError(error);
  }
}

function localImage(snapshot: Snapshot, text: string): FoundImage {
  try {
    return findImage(snapshot, text);
  } catch (error) {
    if (!(error instanceof RebaseError) || error.code !== 'IMAGE_NOT_FOUND') throw error;
    throw new RebaseError('IMAGE_NOT_FOUND', `${text} is not on this host`, {
      hint: `docker pull ${text}`,
      cause: error,
    });
  }
}

function refuseOddPair(old: FoundImage, next: FoundImage): void {
  const without = [old, next].find(({ image }) => image.diffIds.length === 0);
  if (without !== undefined) {
    throw new RebaseError('USAGE', `${without.name} has no layers: it is no base`, {
      hint: 'name two images with a file system',
    });
  }
  const chains = [old, next].map(({ image }) => chainIdsOf(image.diffIds).at(-1));
  if (chains[0] === chains[1]) {
    throw new RebaseError('SAME_IMAGE', `${old.name} and ${next.name} have the same layers`, {
      hint: 'there is nothing to pack: no file differs',
    });
  }
  const [mismatch] = checkPlatform(
    parseImageConfig(old.image.text).platform,
    parseImageConfig(next.image.text).platform,
  );
  if (mismatch === undefined) return;
  throw new RebaseError('USAGE', `${old.name} and ${next.name}: ${mismatch.message}`, {
    hint: 'pull both bases for one platform',
  });
}

function bundledBase({ image, name }: FoundImage): BundledBase {
  const chainId = chainIdsOf(image.diffIds).at(-1);
  if (chainId === undefined) throw new RangeError(`${name} has no layers`);
  return { name, imageId: image.id, chainId, diffIds: image.diffIds };
}

function identityOf({ name, imageId, chainId }: BundledBase): PackReport['old'] {
  return { name, imageId, chainId };
}
