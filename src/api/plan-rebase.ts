import { checkDepth } from '../checks/depth.ts';
import { checkPlatform } from '../checks/platform.ts';
import { checkRetag } from '../checks/retag.ts';
import type { BoundPlan } from '../domain/bound-plan.ts';
import type { ImageID } from '../domain/digest.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import { rebasesOf, type ImagePlan, type Plan, type PlannedRebase } from '../domain/plan.ts';
import type { CloneCost, CloneMode, PlanReport } from '../domain/report.ts';
import { tagsOf, type Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { planImage } from '../plan/plan-image.ts';
import { oldImageFindings, planTags } from '../plan/plan-tags.ts';
import { findImage, type FoundImage } from '../resolve/find-image.ts';
import { resolveOldBase } from '../resolve/old-base.ts';
import type { Layout } from '../store/layout.ts';
import { measureLayers, type LayerSize } from '../store/measure-layers.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import { bindToStore } from './bind-to-store.ts';
import { daemonView, type OpenStore } from './open-store.ts';
import { restartView } from './restart-daemon.ts';

export interface RebaseRequest {
  readonly images: readonly string[];
  readonly onto: string;
  readonly from?: string | undefined;
  readonly tag?: string | undefined;
  /** Template for the old image's new tag; undefined keeps none. */
  readonly keepOld?: string | undefined;
  readonly clone: CloneMode;
  readonly allow: ReadonlySet<string>;
}

/**
 * Plans a rebase and binds it to the store: everything that a dry run shows and an apply does.
 * Reads only. Throws what is wrong with the request or the store; findings that refuse are in the
 * report and not thrown.
 */
export async function planRebase(store: OpenStore, request: RebaseRequest): Promise<PlanReport> {
  const { layout } = store;
  refuseContradictions(request);
  const snapshot = readSnapshot(layout);
  const onto = findNewBase(snapshot, request.onto);
  const images = distinct(request.images.map((text) => findImage(snapshot, text)));
  const plan: Plan = { images: images.map((image) => planOne(snapshot, image, onto, request)) };
  const rebases = rebasesOf(plan);
  refuseTwoMeanings(rebases);
  const bound = bindToStore(layout, plan, snapshot);
  const old = new Set<string>(rebases.map(({ before }) => before.imageId));
  return {
    storeRoot: layout.root,
    daemon: daemonView(store),
    plan,
    bound,
    names: namesOf(snapshot),
    keptTags: keptTags(snapshot, rebases),
    clone: request.clone,
    cost: costOf(layout, bound),
    containers: snapshot.containers.filter(({ imageId }) => old.has(imageId)),
    allowed: request.allow,
    restart: await restartView(store),
  };
}

function refuseContradictions({ images, tag, from }: RebaseRequest): void {
  if (images.length < 2) return;
  if (tag !== undefined) {
    throw new RebaseError('USAGE', '--tag names one result, and there are several images', {
      hint: 'rebase them one by one, or leave out --tag',
    });
  }
  if (from !== undefined && /^[0-9]{1,3}$/.test(from)) {
    throw new RebaseError('USAGE', `--from ${from} counts layers, which fits one image only`, {
      hint: 'name the old base, or rebase the images one by one',
    });
  }
}

/** One key of repositories.json cannot name two images. */
function refuseTwoMeanings(rebases: readonly PlannedRebase[]): void {
  const wanted = new Map<string, ImageID>();
  for (const { key, after } of rebases.flatMap(({ tags }) => tags)) {
    const other = wanted.get(key);
    if (other !== undefined && other !== after) {
      throw new RebaseError('USAGE', `${key} would name two images`, {
        hint: 'give --keep-old a template with {id}, or rebase the images one by one',
      });
    }
    wanted.set(key, after);
  }
}

function findNewBase(snapshot: Snapshot, text: string): FoundImage {
  try {
    return findImage(snapshot, text);
  } catch (error) {
    if (!(error instanceof RebaseError) || error.code !== 'IMAGE_NOT_FOUND') throw error;
    const isId = /^(sha256:)?[0-9a-f]{12,64}$/.test(text);
    throw new RebaseError('NEW_BASE_MISSING', `the new base ${text} is not on this host`, {
      hint: isId ? (error.hint ?? 'docker images') : `docker pull ${text}`,
      cause: error,
    });
  }
}

function distinct(images: readonly FoundImage[]): FoundImage[] {
  return [...new Map(images.map((image) => [image.name, image])).values()];
}

function planOne(
  snapshot: Snapshot,
  found: FoundImage,
  onto: FoundImage,
  request: RebaseRequest,
): ImagePlan {
  const { image, name: reference, tag: own } = found;
  const resolution = resolveOldBase(snapshot, { image: found, onto, from: request.from });
  if (resolution.kind === 'nothing') {
    return { kind: 'nothing', reference, imageId: image.id, reason: resolution.reason };
  }
  const newBase = { image: onto.image, name: onto.name };
  const planned = planImage(snapshot, { image, reference, oldBase: resolution.base, newBase });
  if (planned.kind === 'nothing') return planned;
  const tags = planTags(snapshot, {
    reference,
    found: own,
    oldImage: image.id,
    newImage: planned.after.imageId,
    tag: request.tag,
    keepOld: request.keepOld,
  });
  if (tags.length === 0 && snapshot.images.has(planned.after.imageId)) {
    const reason = `its result on ${onto.name} has its tag already`;
    return { kind: 'nothing', reference, imageId: image.id, reason };
  }
  return {
    ...planned,
    tags,
    findings: [
      ...checkPlatform(
        parseImageConfig(image.text).platform,
        parseImageConfig(onto.image.text).platform,
      ),
      ...checkDepth(planned.after.diffIds.length),
      ...checkRetag(tags, image.id),
      ...planned.findings,
      ...oldImageFindings(snapshot, image.id, tags),
    ],
  };
}

function namesOf(snapshot: Snapshot): Map<ImageID, string> {
  const names = new Map<ImageID, string>();
  for (const id of snapshot.tags.byImage.keys()) {
    const [tag] = tagsOf(snapshot, id);
    if (tag !== undefined) names.set(id, tag);
  }
  return names;
}

function keptTags(snapshot: Snapshot, rebases: readonly PlannedRebase[]): Map<ImageID, string[]> {
  const moved = new Set(rebases.flatMap(({ tags }) => tags).map(({ key }) => key));
  return new Map(
    rebases.map(({ before: { imageId } }) => {
      const keys = snapshot.tags.byImage.get(imageId) ?? [];
      return [imageId, keys.filter((key) => !moved.has(key))] as const;
    }),
  );
}

/** Files that every new layer gets besides its clone: in overlay2, `l/` and layerdb. */
const OWN_INODES = 13;
const OWN_BYTES = 40 * 1024;
const DIRECTORY_BYTES = 4096;

function costOf(layout: Layout, { layers }: BoundPlan): Record<CloneMode, CloneCost> {
  const sources = [...new Set(layers.map(({ source }) => source.cacheId))];
  const sizes = measureLayers(layout, sources);
  const all = layers
    .map(({ source }) => sizes.get(source.cacheId))
    .filter((size) => size !== undefined);
  const sum = (part: (size: LayerSize) => number): number =>
    all.reduce((total, size) => total + part(size), 0);
  const directories = sum((size) => size.directories);
  const files = sum((size) => size.files);
  const bytes = directories * DIRECTORY_BYTES + layers.length * OWN_BYTES;
  const inodes = directories + layers.length * OWN_INODES;
  const large = sum((size) => size.largeFiles);
  const largeBytes = sum((size) => size.largeBytes);
  const fileBytes = sum((size) => size.fileBytes);
  return {
    link: { bytes, inodes },
    copy: { bytes: bytes + fileBytes, inodes: inodes + files },
    reflink: { bytes, inodes: inodes + files },
    auto: { bytes: bytes + fileBytes - largeBytes, inodes: inodes + files - large },
  };
}
