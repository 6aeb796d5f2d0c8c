import { checkRetag } from '../checks/retag.ts';
import { counted } from '../domain/counted.ts';
import type { ImageID } from '../domain/digest.ts';
import { rebasesOf, type ImagePlan, type Plan, type PlannedRebase } from '../domain/plan.ts';
import type { Progress } from '../domain/progress.ts';
import type { FailedImage } from '../domain/report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { oldImageFindings, planTags, refuseOddNames } from '../plan/plan-tags.ts';
import type { Layout } from '../store/layout.ts';
import { withContentFindings } from './check-content.ts';
import { openExamination, type Examination } from './examine-layers.ts';
import { planOntoBase } from './plan-onto-base.ts';
import { atPlace, type RebaseTarget } from './rebase-target.ts';
import { refusalOf } from './refusal.ts';

export interface TargetOptions {
  /** Template for the old images' new tags; undefined keeps none. */
  readonly keepOld: string | undefined;
  /** Leave out what cannot be planned or is refused, instead of throwing. */
  readonly keepGoing: boolean;
  readonly progress: Progress;
}

export interface PlannedTargets {
  readonly plan: Plan;
  readonly failures: readonly FailedImage[];
  /** What was read of the images' layers, so that nobody need read it again. */
  readonly examination: Examination;
}

/**
 * Plans every target, with tags and with the findings of all checks.
 * Throws what is wrong with the first one that cannot be planned, naming its place, and USAGE where
 * one tag would name two images; with `keepGoing` the former are failures, and so is what a check
 * refuses.
 */
export function planTargets(
  layout: Layout,
  snapshot: Snapshot,
  targets: readonly RebaseTarget[],
  { keepOld, keepGoing, progress }: TargetOptions,
): PlannedTargets {
  const failures: FailedImage[] = [];
  const examination = openExamination(layout);
  const total = targets.length;
  const images = targets.flatMap((target, done) => {
    progress(`plan ${counted(total, 'image')}`, { done, total, unit: 'images' });
    try {
      return [
        atPlace(target.place, () => {
          const image = planOne(snapshot, target, keepOld);
          if (image.kind === 'rebase') examination.examine(image);
          return image;
        }),
      ];
    } catch (error) {
      if (!keepGoing || !(error instanceof RebaseError)) throw error;
      failures.push({ reference: target.found.name, error });
      return [];
    }
  });
  refuseTwoMeanings(rebasesOf({ images }));
  const plan = withContentFindings(layout, { images }, progress, examination);
  if (!keepGoing) return { plan, failures, examination };
  const kept = plan.images.filter((image) => {
    const error = refusalOf({ plan: { images: [image] } });
    if (error !== undefined) failures.push({ reference: image.reference, error });
    return error === undefined;
  });
  return { plan: { images: kept }, failures, examination };
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

function planOne(snapshot: Snapshot, target: RebaseTarget, keepOld: string | undefined): ImagePlan {
  const { found, onto, tags: wish } = target;
  const { image, name: reference } = found;
  refuseOddNames({ wish, keepOld });
  const planned = planOntoBase(snapshot, target);
  if (planned.kind === 'nothing') return planned;
  const tags = planTags(snapshot, {
    reference,
    found: found.tag,
    oldImage: image.id,
    newImage: planned.after.imageId,
    wish,
    keepOld,
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
