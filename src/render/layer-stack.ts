/**
 * The layer stacks before and after a rebase, paired row by row, top layer first.
 */
import type { DiffID } from '../domain/digest.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import type { PlannedRebase } from '../domain/plan.ts';
import { instructionsOf } from './instruction.ts';
import { oneLine, printable } from './printable.ts';

/** `kept`: an app layer. `same`: a layer that both bases have. Else one side may be missing. */
export interface StackRow {
  readonly kind: 'kept' | 'replaced' | 'same';
  readonly before: StackLayer | undefined;
  readonly after: StackLayer | undefined;
}

export interface StackLayer {
  readonly diffId: DiffID;
  /** Printable: the instruction of an app layer, the base's name for a layer of a base. */
  readonly label: string;
}

/** All rows, top layer first: the app's layers, then those that are replaced, then shared ones. */
export function stackRows(image: PlannedRebase): StackRow[] {
  const { before, after, oldBase, newBase } = image;
  const instructions = instructionsOf(parseImageConfig(before.configText));
  const kept = before.diffIds.slice(oldBase.layers).map((diffId, index): StackRow => {
    const label = instructions?.[oldBase.layers + index] ?? '(not in the history)';
    return { kind: 'kept', before: { diffId, label }, after: { diffId, label } };
  });
  const old = baseLayers(before.diffIds.slice(0, oldBase.layers), oldBase.name);
  const next = baseLayers(after.diffIds.slice(0, newBase.layers), newBase.name);
  const shared = commonStart(old, next);
  const same = old.slice(0, shared).map((layer, index): StackRow => {
    return { kind: 'same', before: layer, after: next[index] };
  });
  const replaced = paired(old.slice(shared).reverse(), next.slice(shared).reverse());
  return [...kept.reverse(), ...replaced, ...same.reverse()];
}

/** Printable label of every DiffID of the image before and after. */
export function layerLabels(image: PlannedRebase): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const { before, after } of stackRows(image)) {
    if (after !== undefined) labels.set(after.diffId, after.label);
    if (before !== undefined) labels.set(before.diffId, before.label);
  }
  return labels;
}

function baseLayers(diffIds: readonly DiffID[], name: string): StackLayer[] {
  return diffIds.map((diffId, index) => ({
    diffId,
    label:
      diffIds.length === 1 ? oneLine(name) : `${index + 1}/${diffIds.length} ${printable(name)}`,
  }));
}

function commonStart(a: readonly StackLayer[], b: readonly StackLayer[]): number {
  const differs = a.findIndex((layer, index) => layer.diffId !== b[index]?.diffId);
  return differs < 0 ? a.length : differs;
}

function paired(old: readonly StackLayer[], next: readonly StackLayer[]): StackRow[] {
  const length = Math.max(old.length, next.length);
  return Array.from({ length }, (_, index) => ({
    kind: 'replaced',
    before: old[index],
    after: next[index],
  }));
}
