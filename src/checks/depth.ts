import type { Finding } from '../domain/plan.ts';

/**
 * dockerd registers no layer on a parent that is 125 deep and mounts at most 128; one build step
 * must still fit on the result (store.md 1.10; moby layer/layer_store.go: maxLayerDepth).
 */
const DEEPEST = 124;

export function checkDepth(layers: number): Finding[] {
  if (layers <= DEEPEST) return [];
  return [
    {
      check: 'depth',
      severity: 'breaks',
      message: `the result would have ${layers} layers; docker builds nothing on more than ${DEEPEST}`,
      hint: undefined,
    },
  ];
}
