import { shortId } from '../domain/digest.ts';
import type { ImagePlan, Plan, PlannedRebase } from '../domain/plan.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';

type Facts = Pick<Snapshot, 'images' | 'tags'>;

/**
 * What a saved plan means on this host: what is done already is nothing to do; the rest is as it was
 * planned, provided that its own inputs are the same. Whatever else has changed does not matter.
 * Throws STORE_CHANGED, naming the inputs that are others by now or not there.
 */
export function planOnHost(snapshot: Facts, plan: Plan): Plan {
  const problems: string[] = [];
  const images = plan.images.map((image) => {
    if (image.kind === 'nothing') return image;
    const done = doneAlready(snapshot, image);
    if (done !== undefined) return done;
    problems.push(...changedInputs(snapshot, image));
    return image;
  });
  const [first, ...others] = [...new Set(problems)];
  if (first === undefined) return { images };
  throw new RebaseError('STORE_CHANGED', `the plan does not fit any more: ${first}`, {
    hint:
      (others.length === 0 ? '' : `also ${others.slice(0, 4).join('; ')}${more(others.length)}. `) +
      'Plan again with --out',
  });
}

function doneAlready(snapshot: Facts, image: PlannedRebase): ImagePlan | undefined {
  const { reference, after, tags } = image;
  const moved = tags.every(({ key, after: id }) => idOf(snapshot, key) === id);
  if (!moved || !snapshot.images.has(after.imageId)) return undefined;
  return { kind: 'nothing', reference, imageId: after.imageId, reason: 'applied already' };
}

function changedInputs(
  snapshot: Facts,
  { reference, before, after, newBase, tags }: PlannedRebase,
): string[] {
  if (!snapshot.images.has(before.imageId)) return [missing(reference, before.imageId)];
  const problems = [
    ...otherImage(snapshot, reference, before.imageId),
    ...otherImage(snapshot, newBase.name, newBase.imageId),
    ...tags.flatMap(({ key, before: id }) =>
      idOf(snapshot, key) === id ? [] : [`${key} is not where it was`],
    ),
  ];
  const base = snapshot.images.get(newBase.imageId);
  if (base === undefined) return [...problems, missing(newBase.name, newBase.imageId)];
  const planned = after.diffIds.slice(0, newBase.layers);
  return base.diffIds.join() === planned.join()
    ? problems
    : [...problems, `${newBase.name} has other layers than the plan says`];
}

/** A name that this host does not know is no obstacle: the image itself decides. */
function otherImage(snapshot: Facts, name: string, imageId: string): string[] {
  const named = idOf(snapshot, name);
  return named === undefined || named === imageId ? [] : [`${name} names another image`];
}

function missing(name: string, imageId: string): string {
  return `${name} (${shortId(imageId)}) is not on this host`;
}

function idOf({ tags }: Facts, key: string): string | undefined {
  return tags.byKey.get(key)?.imageId;
}

function more(count: number): string {
  return count > 4 ? `; and ${count - 4} more` : '';
}
