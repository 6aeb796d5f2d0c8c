import { checkRetag } from '../checks/retag.ts';
import type { BoundPlan } from '../domain/bound-plan.ts';
import type { ImageID } from '../domain/digest.ts';
import { rebasesOf, type ImagePlan, type Plan, type PlannedRebase } from '../domain/plan.ts';
import type { CloneCost, CloneMode, PlanReport } from '../domain/report.ts';
import { tagsOf, type Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { oldImageFindings, planTags } from '../plan/plan-tags.ts';
import type { FoundImage } from '../resolve/find-image.ts';
import type { Layout } from '../store/layout.ts';
import { measureLayers, type LayerSize } from '../store/measure-layers.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import { bindToStore } from './bind-to-store.ts';
import { withContentFindings } from './check-content.ts';
import { daemonView, type OpenStore } from './open-store.ts';
import { planOntoBase } from './plan-onto-base.ts';
import { requestedImages, type BaseRequest } from './requested-images.ts';
import { restartView } from './restart-daemon.ts';

export interface RebaseRequest extends BaseRequest {
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
  refuseOneTagForSeveral(request);
  const snapshot = readSnapshot(layout);
  const { onto, images } = requestedImages(snapshot, request);
  const planned: Plan = { images: images.map((image) => planOne(snapshot, image, onto, request)) };
  const rebases = rebasesOf(planned);
  refuseTwoMeanings(rebases);
  const bound = bindToStore(layout, planned, snapshot);
  const old = new Set<string>(rebases.map(({ before }) => before.imageId));
  return {
    storeRoot: layout.root,
    daemon: daemonView(store),
    plan: withContentFindings(layout, planned),
    bound,
    names: namesOf(snapshot),
    keptTags: keptTags(snapshot, rebases),
    clone: request.clone,
    cost: costOf(layout, bound),
    containers: snapshot.containers.filter(({ imageId }) => old.has(imageId)),
    restart: await restartView(store),
  };
}

function refuseOneTagForSeveral({ images, tag }: RebaseRequest): void {
  if (images.length < 2 || tag === undefined) return;
  throw new RebaseError('USAGE', '--tag names one result, and there are several images', {
    hint: 'rebase them one by one, or leave out --tag',
  });
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

function planOne(
  snapshot: Snapshot,
  found: FoundImage,
  onto: FoundImage,
  request: RebaseRequest,
): ImagePlan {
  const { image, name: reference, tag: own } = found;
  const planned = planOntoBase(snapshot, {
    found,
    onto,
    from: request.from,
    config: request.config ?? 'merge',
    allow: request.allow,
  });
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
