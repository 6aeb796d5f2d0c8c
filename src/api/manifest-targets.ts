import type { Manifest, ManifestEntry } from '../domain/manifest/manifest.ts';
import type { FailedImage } from '../domain/report.ts';
import { parseReference } from '../domain/reference.ts';
import type { ConfigMode } from '../domain/settings.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import type { TagWish } from '../plan/plan-tags.ts';
import { isPrefix } from '../resolve/candidates.ts';
import { findImage, type FoundImage } from '../resolve/find-image.ts';
import { givenBase } from '../resolve/given-base.ts';
import { matchTags } from '../resolve/match-tags.ts';
import { atPlace, type RebaseTarget } from './rebase-target.ts';
import { findNewBase } from './requested-images.ts';

export interface ManifestTargets {
  readonly targets: readonly RebaseTarget[];
  /** What is odd and no error, one line each. */
  readonly warnings: readonly string[];
  /** Entries that name what is not there; thrown unless `keepGoing`. */
  readonly failures: readonly FailedImage[];
}

/**
 * What the entries of a manifest mean on this host: one target for each image, globs filled in.
 * Throws, with the place in the manifest, what naming an image can throw, and BAD_MANIFEST for an
 * image that is named with two meanings and for images that would be each other's base.
 */
export function manifestTargets(
  snapshot: Snapshot,
  { rebases }: Manifest,
  { config, keepGoing }: { readonly config: ConfigMode; readonly keepGoing: boolean },
): ManifestTargets {
  const targets: RebaseTarget[] = [];
  const warnings: string[] = [];
  const failures: FailedImage[] = [];
  for (const entry of rebases) {
    try {
      const found = atPlace(entry.place, () => targetsOf(snapshot, entry, config));
      if (found.length === 0) warnings.push(`${entry.place}: no image here is meant by it`);
      targets.push(...found);
    } catch (error) {
      if (!keepGoing || !(error instanceof RebaseError)) throw error;
      failures.push({ reference: nameOf(entry), error });
    }
  }
  const once = withoutRepeats(targets, warnings);
  refuseCycles(once);
  warnings.push(...movedBases(once));
  return { targets: once, warnings, failures };
}

function nameOf({ target }: ManifestEntry): string {
  return target.kind === 'image' ? target.image : target.match.join(' ');
}

function targetsOf(snapshot: Snapshot, entry: ManifestEntry, config: ConfigMode): RebaseTarget[] {
  const onto = findNewBase(snapshot, entry.onto);
  return imagesOf(snapshot, entry, onto).map((found) => ({
    found,
    onto,
    from: entry.from,
    config: entry.config ?? config,
    tags: tagWish(found, entry.tag),
    allow: new Set(entry.allow),
    place: entry.place,
  }));
}

/** Globs leave out the new base, what is on it, and what is not built on the given old base. */
function imagesOf(
  snapshot: Snapshot,
  { target, from }: ManifestEntry,
  onto: FoundImage,
): FoundImage[] {
  if (target.kind === 'image') return [findImage(snapshot, target.image)];
  const keys = [...snapshot.tags.byKey.keys()].filter((key) => !key.includes('@')).sort();
  return matchTags(keys, target.match, target.exclude)
    .map((key) => findImage(snapshot, key))
    .filter(
      (found) =>
        !isPrefix(onto.image, found.image) &&
        (from === undefined || givenBase(snapshot, found, from).kind === 'base'),
    );
}

function tagWish({ name, tag: own }: FoundImage, template: string | undefined): TagWish {
  if (template === undefined) return 'own';
  const { repository, tag } = parseReference(own?.key ?? name);
  return {
    tag: template.replaceAll('{repository}', repository).replaceAll('{tag}', tag ?? 'latest'),
  };
}

/** An image named twice with the same meaning counts once. Throws BAD_MANIFEST for two meanings. */
function withoutRepeats(targets: readonly RebaseTarget[], warnings: string[]): RebaseTarget[] {
  const byName = new Map<string, RebaseTarget>();
  for (const target of targets) {
    const { name } = target.found;
    const earlier = byName.get(name);
    if (earlier === undefined) {
      byName.set(name, target);
      continue;
    }
    const places = `${target.place ?? ''}: ${name} is named by ${pathOf(earlier)} too`;
    if (meaningOf(earlier) !== meaningOf(target)) {
      throw new RebaseError('BAD_MANIFEST', `${places}, with another meaning`, {
        hint: 'name it once, or leave it out of a match with exclude',
      });
    }
    warnings.push(`${places}; it is taken once`);
  }
  return [...byName.values()];
}

function meaningOf({ onto, from, config, tags, allow }: RebaseTarget): string {
  return JSON.stringify([onto.image.id, from, config, tags, [...allow].sort()]);
}

/** `rebases[0]` of `bases.yaml:6:5: rebases[0]`. */
function pathOf({ place }: RebaseTarget): string {
  return place?.replace(/^.*: /, '') ?? 'another entry';
}

/** Throws BAD_MANIFEST where following the new bases leads back to the image. */
function refuseCycles(targets: readonly RebaseTarget[]): void {
  const byImage = new Map(targets.map((target) => [target.found.image.id, target]));
  for (const start of targets) {
    const names = [start.found.name];
    const seen = new Set([start.found.image.id]);
    for (
      let next = byImage.get(start.onto.image.id);
      next !== undefined;
      next = byImage.get(next.onto.image.id)
    ) {
      names.push(next.found.name);
      if (next.found.image.id === start.found.image.id && names.length > 2) {
        throw new RebaseError(
          'BAD_MANIFEST',
          `${start.place ?? ''}: images would be each other's base: ${names.join(' -> ')}`,
          { hint: 'leave one of them out' },
        );
      }
      if (seen.has(next.found.image.id)) break;
      seen.add(next.found.image.id);
    }
  }
}

/** A new base that moves in the same run is taken as it is before. */
function movedBases(targets: readonly RebaseTarget[]): string[] {
  const moving = new Set(targets.map(({ found }) => found.image.id));
  return targets
    .filter(({ onto }) => moving.has(onto.image.id))
    .map(
      ({ place, onto }) =>
        `${place ?? ''}: ${onto.name} is itself rebased here; it is taken as it is before`,
    );
}
