import type { BoundPlan } from '../../src/domain/bound-plan.ts';

/** A plan that adds nothing. */
export const EMPTY_PLAN: BoundPlan = {
  layers: [],
  reused: [],
  committed: [],
  images: [],
  tags: [],
  tops: [],
  switches: [],
};
