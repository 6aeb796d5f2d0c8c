import type { ChainID } from '../domain/digest.ts';
import type { OverlayVersion } from '../domain/overlay/version.ts';
import { RebaseError } from '../errors.ts';
import { stackOf, type BaseFacts } from './overlay-bases.ts';

type StackFacts = Pick<BaseFacts, 'parents' | 'cacheIds' | 'versions'>;

/**
 * The versions of layers that stand on this one. A version holds what differs from the files that
 * are seen below it: with others there, it would no longer show what it says.
 */
export function versionsAbove(facts: StackFacts, chainId: ChainID): OverlayVersion[] {
  const { cacheIds, versions } = facts;
  return [...cacheIds]
    .filter(([top, cacheId]) => versions.has(cacheId) && top !== chainId)
    .filter(([top]) => stackOf(facts, top)?.includes(chainId))
    .flatMap(([, cacheId]) => versions.get(cacheId)?.versions ?? []);
}

/** Throws IN_USE while a version is built on what the layer shows, with what to do about it. */
export function refuseVersionsAbove(
  facts: StackFacts,
  { base, chainId }: { readonly base: string; readonly chainId: ChainID },
): void {
  const [first, ...more] = versionsAbove(facts, chainId);
  if (first === undefined) return;
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const above = first.base.name;
  throw new RebaseError('IN_USE', `${nameOf(first)}${rest} is built on what ${base} shows`, {
    hint:
      `remove it first: rebase-image overlay restore --base ${above}, then ` +
      `overlay drop ${first.version} --base ${above}`,
  });
}

/** `version 20220628 of base:20220621`. */
export function nameOf({ version, base }: OverlayVersion): string {
  return `version ${version} of ${base.name}`;
}
