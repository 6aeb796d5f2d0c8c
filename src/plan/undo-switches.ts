/** Taking back what a transaction did to base layers: which go back, and what stands against it. */
import type { LayerSwitch } from '../domain/bound-plan.ts';
import { ORIGINAL, versionOfFolder, type LayerVersions } from '../domain/overlay/version.ts';
import type { DoneTransaction, SwitchedLayers } from './done-transaction.ts';

/** The switches that can go back: those of layers that are still there. */
export function switchesBack(
  { bound }: DoneTransaction,
  { versions }: SwitchedLayers,
): LayerSwitch[] {
  return bound.switches.filter(({ cacheId }) => versions.has(cacheId));
}

/** What keeps the switches of a transaction from going back, one line each. */
export function switchRefusals(
  transaction: DoneTransaction,
  others: readonly DoneTransaction[],
  layers: SwitchedLayers,
): string[] {
  return switchesBack(transaction, layers).flatMap((one) => {
    const { base, cacheId, chainId, before, after } = one;
    const later = others.filter(
      ({ number, state, bound }) =>
        state === 'published' &&
        number > transaction.number &&
        bound.switches.some((other) => other.cacheId === cacheId),
    );
    const layer = layers.versions.get(cacheId);
    const active = layer?.active;
    const elsewhere = active !== before && active !== after && later.length === 0;
    return [
      ...later.map(({ number }) => `transaction ${number} switched ${base} again: undo it first`),
      ...(elsewhere ? [`${base} shows ${shownBy(active)} by now`] : []),
      ...(layer !== undefined && hasFolder(layer, before)
        ? []
        : [`${shownBy(before)} of ${base} is gone`]),
      ...(layers.above.get(chainId) ?? []).map(
        (name) => `${name} is built on what ${base} shows: undo or drop it first`,
      ),
      ...(layers.running.get(chainId) ?? []).map(
        (name) => `the container ${name} runs on ${base}: stop it first`,
      ),
    ];
  });
}

/** Whether a layer has this folder, whole. */
export function hasFolder({ versions }: LayerVersions, folder: string): boolean {
  const version = versionOfFolder(folder);
  return folder === ORIGINAL || versions.some((each) => each.version === version);
}

function shownBy(folder: string | undefined): string {
  if (folder === undefined) return 'something else';
  const version = versionOfFolder(folder);
  return version === undefined ? 'its own files' : `version ${version}`;
}
