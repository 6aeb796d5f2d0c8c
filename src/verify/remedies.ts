/**
 * What each kind of damage means: its class, what dockerd does about it, where it is known, and what
 * to do. Measured on dockerd 20.10, 28.5 and 29.7; source: store.md 1, 2 and 7.
 */
import type { StoreCode, StoreFinding } from '../domain/store-finding.ts';
import { CONTAINERS } from './meanings/containers.ts';
import { IMAGES } from './meanings/images.ts';
import { LAYERS } from './meanings/layers.ts';
import { LEFTOVERS } from './meanings/leftovers.ts';
import type { Meaning } from './meanings/meaning.ts';

const MEANINGS: Readonly<Record<StoreCode, Meaning>> = {
  ...LAYERS,
  ...IMAGES,
  ...CONTAINERS,
  ...LEFTOVERS,
};

/** A finding with all that its code means. */
export function storeFinding(
  code: StoreCode,
  message: string,
  about: readonly string[] = [],
): StoreFinding {
  const { class: severity, consequence, issues = [], remedy } = MEANINGS[code];
  return { code, class: severity, message, consequence, issues, remedy, about, affects: [] };
}
