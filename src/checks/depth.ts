import { finding, type Finding } from '../domain/finding.ts';
import { RebaseError } from '../errors.ts';

/**
 * dockerd registers no layer on a parent that is 125 deep and mounts at most 128; one build step
 * must still fit on the result (store.md 1.10; moby layer/layer_store.go: maxLayerDepth).
 */
const DEEPEST = 124;

/** With more, dockerd cannot create a container at all (store.md 1.10): nothing waives that. */
const DEEPEST_CONTAINER = 127;

/** A finding above 124 layers. Throws CHECK_REFUSED above 127. */
export function checkDepth(layers: number): Finding[] {
  if (layers > DEEPEST_CONTAINER) {
    throw new RebaseError(
      'CHECK_REFUSED',
      `the result would have ${layers} layers, and no container starts on more than ${DEEPEST_CONTAINER}`,
      { hint: 'a base with fewer layers, or a flattened image (docker export | docker import)' },
    );
  }
  if (layers <= DEEPEST) return [];
  return [
    finding(
      'depth',
      'breaks',
      `the result would have ${layers} layers; docker builds nothing on more than ${DEEPEST}`,
    ),
  ];
}
