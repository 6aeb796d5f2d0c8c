/**
 * What a disk may hold after the power was lost: a model in the style of ALICE (Pillai et al., OSDI
 * 2014) and CrashMonkey, over the calls of apply's one file port.
 *
 * Covered: after every call, each change that no sync has made durable may be on the disk or not,
 * independently of every other one, in any order, in any subset; bytes of a file may be there in
 * part; a name may be there without its file's bytes and the other way round. fsync of a file makes
 * its bytes durable and not its name; fsync of a folder the names in it; a rename is durable when
 * both folders were synced, and is never torn. `sync -f` makes durable what lies below its paths.
 * This is weaker than ext4, xfs and btrfs are.
 *
 * Not covered: of more than six pending changes, subsets beyond those that `subsets` gives; states in the middle of cp, tar or rm (each is one call here; in-process crash
 * tests cover them); extended attributes, devices and times; a disk that lies about a flush or loses
 * what was durable; dockerd's own writes; the lock file, which says nothing.
 */
import fc from 'fast-check';
import type { FileSystem, Inode, InodeId } from './file-system.ts';
import type { Change, Recording } from './recorded-disk.ts';

export interface LostPower {
  /** After which call, and what of the changes that were not durable was kept. */
  readonly name: string;
  readonly system: FileSystem;
}

export interface Effort {
  /** Random subsets after each call. */
  readonly random: number;
  readonly seed: number;
}

/** How much of a change has reached the disk. */
type Kept = 'no' | 'half' | 'yes';

/** So many changes are tried in every subset. */
const FEW = 6;

interface Pending {
  readonly change: Change;
  /** Inodes whose fsync is still missing. */
  readonly missing: Set<InodeId>;
}

/** Every state that the model enumerates, in the order of the calls. */
export function* lostPowerIn(
  { base, calls }: Recording,
  { random, seed }: Effort,
): Generator<LostPower> {
  let durable = base;
  let pending: Pending[] = [];
  for (const [index, { name, events }] of calls.entries()) {
    for (const event of events) {
      if (event.kind === 'change') pending.push(pendingOf(event.change));
      else {
        const isDurable = ({ change, missing }: Pending): boolean => {
          if (event.kind === 'sync') missing.delete(event.id);
          return event.kind === 'sync'
            ? missing.size === 0
            : event.below.some((folder) => change.path.startsWith(`${folder}/`));
        };
        const [done, rest] = split(pending, isDurable);
        // What is synced later than a change to the same thing was made after it.
        durable = applied(
          durable,
          done.map(({ change }) => ({ change, kept: 'yes' })),
        );
        pending = rest;
      }
    }
    for (const kept of subsets(pending.length, { random, seed: seed + index })) {
      const changes = pending.map(({ change }, at) => ({ change, kept: kept[at] ?? 'no' }));
      const what = kept.map((one) => (one === 'yes' ? '1' : one === 'half' ? '½' : '0')).join('');
      yield { name: `after ${index + 1} ${name}: ${what}`, system: applied(durable, changes) };
    }
  }
}

function pendingOf(change: Change): Pending {
  const ids = change.kind === 'inode' ? [change.id] : change.names.map(({ folder }) => folder);
  return { change, missing: new Set(ids) };
}

/**
 * Which of so many changes reach the disk: every subset of a few; of many none, all, each of the
 * last ones alone, all but it, all with half of it, and some at random.
 */
function subsets(count: number, { random, seed }: Effort): Kept[][] {
  const all = Array.from({ length: count }, (): Kept => 'yes');
  const none = all.map((): Kept => 'no');
  const last = Array.from({ length: Math.min(count, FEW) }, (_, back) => count - 1 - back);
  const torn = last.map((at) => all.with(at, 'half'));
  if (count <= FEW) {
    const every = Array.from({ length: 2 ** count }, (_, bits) =>
      all.map((_one, at): Kept => ((bits >> at) & 1 ? 'yes' : 'no')),
    );
    return [...every, ...torn];
  }
  const alone = last.map((at) => none.with(at, 'yes'));
  const without = last.map((at) => all.with(at, 'no'));
  const any = fc.array(fc.constantFrom<Kept>('no', 'half', 'yes', 'yes'), {
    minLength: count,
    maxLength: count,
  });
  return [none, all, ...alone, ...without, ...torn, ...fc.sample(any, { numRuns: random, seed })];
}

/** The tree with these changes made, in their order. */
function applied(
  system: FileSystem,
  changes: readonly { readonly change: Change; readonly kept: Kept }[],
): FileSystem {
  const inodes = new Map(system.inodes);
  const names = new Map([...system.names].map(([id, entries]) => [id, new Map(entries)]));
  for (const { change, kept } of changes) {
    if (change.kind === 'inode') {
      const known = inodes.get(change.id);
      // Whatever names an inode whose own bytes were lost finds it empty.
      if (kept === 'yes') inodes.set(change.id, change.inode);
      else if (known === undefined || kept === 'half') {
        inodes.set(change.id, part(change.inode, known?.content ?? '', kept));
      }
    } else if (kept === 'yes') {
      for (const { folder, name, id } of change.names) {
        const entries = names.get(folder) ?? new Map<string, InodeId>();
        if (id === undefined) entries.delete(name);
        else entries.set(name, id);
        names.set(folder, entries);
      }
    }
  }
  return { root: system.root, inodes, names };
}

/**
 * A symlink's target is written with its inode; a file may have lost its bytes, but for those that
 * were there before.
 */
function part(inode: Inode, before: string, kept: Kept): Inode {
  if (inode.type !== 'file') return inode;
  if (kept === 'no' || !inode.content.startsWith(before)) return { ...inode, content: before };
  const length = Math.floor((before.length + inode.content.length) / 2);
  return { ...inode, content: inode.content.slice(0, length) };
}

function split<T>(all: readonly T[], is: (one: T) => boolean): [T[], T[]] {
  const done: T[] = [];
  const rest: T[] = [];
  for (const one of all) (is(one) ? done : rest).push(one);
  return [done, rest];
}
