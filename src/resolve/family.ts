/**
 * The images that stand on a base, and which of them stands on which.
 */
import { historyStartsWith, parseImageConfig, type HistoryEntry } from '../domain/image-config.ts';
import type { ImageRecord, Snapshot } from '../domain/snapshot.ts';

/** An image of the family with those that stand on it. */
export interface Member {
  readonly image: ImageRecord;
  readonly children: readonly Member[];
}

/** Images by the DiffIDs that lead to them. */
interface Level {
  readonly above: Map<string, Level>;
  readonly images: Placed[];
}

interface Placed {
  readonly image: ImageRecord;
  readonly history: readonly HistoryEntry[];
}

interface Growing extends Placed {
  readonly children: Growing[];
}

/**
 * The base with every image of the snapshot that stands on it: its DiffIDs are a proper prefix of
 * the image's, or equal to them while its history is a proper prefix (an image that only sets
 * configuration). Each stands on the nearest one of which the same is true. `wanted` leaves images
 * out: what stands on one of them then stands on the next below.
 */
export function familyOf(
  snapshot: Pick<Snapshot, 'images'>,
  base: ImageRecord,
  wanted: (image: ImageRecord) => boolean = () => true,
): Member {
  const ground: Level = { above: new Map(), images: [] };
  for (const image of snapshot.images.values()) {
    if (image.id !== base.id && begins(base, image) && wanted(image)) place(ground, base, image);
  }
  const root: Growing = { image: base, history: historyOf(base), children: [] };
  // With the base's own layers, only a longer history tells that an image is built on it.
  const onGround = grow(ground, [root], () => undefined);
  const rest = [...ground.above.values()].map((level) => ({ level, below: [root, ...onGround] }));
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { level, below } = next;
    const here = grow(level, below, () => below[0]);
    const onto = here.length > 0 ? here : below;
    for (const above of level.above.values()) rest.push({ level: above, below: onto });
  }
  return root;
}

/** Whether the image has all layers of the base, or more. */
function begins(base: ImageRecord, image: ImageRecord): boolean {
  return (
    base.diffIds.length > 0 &&
    base.diffIds.length <= image.diffIds.length &&
    base.diffIds.every((diffId, index) => image.diffIds[index] === diffId)
  );
}

function place(ground: Level, base: ImageRecord, image: ImageRecord): void {
  let level = ground;
  for (const diffId of image.diffIds.slice(base.diffIds.length)) {
    let next = level.above.get(diffId);
    if (next === undefined) {
      next = { above: new Map(), images: [] };
      level.above.set(diffId, next);
    }
    level = next;
  }
  level.images.push({ image, history: historyOf(image) });
}

/**
 * Hangs the images of a level on each other, where the history says so, or on one of those below.
 * Returns those that it hung.
 */
function grow(
  { images }: Level,
  below: readonly Growing[],
  otherwise: () => Growing | undefined,
): Growing[] {
  const here: Growing[] = [];
  for (const { image, history } of images.toSorted(byHistory)) {
    const parent = lastOn(here, history) ?? lastOn(below, history) ?? otherwise();
    if (parent === undefined) continue;
    const member: Growing = { image, history, children: [] };
    parent.children.push(member);
    here.push(member);
  }
  return here;
}

function byHistory(a: Placed, b: Placed): number {
  return a.history.length - b.history.length || (a.image.id < b.image.id ? -1 : 1);
}

function lastOn(
  members: readonly Growing[],
  history: readonly HistoryEntry[],
): Growing | undefined {
  return members.findLast(
    (member) =>
      member.history.length < history.length && historyStartsWith(history, member.history),
  );
}

function historyOf({ text }: ImageRecord): readonly HistoryEntry[] {
  return parseImageConfig(text).history;
}

/** The member and everything that stands on it, parents first. */
export function membersOf(root: Member): Member[] {
  const members: Member[] = [];
  const rest = [root];
  for (let member = rest.pop(); member !== undefined; member = rest.pop()) {
    members.push(member);
    rest.push(...member.children);
  }
  return members;
}
