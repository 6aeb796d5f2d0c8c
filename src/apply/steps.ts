/**
 * What a transaction does to a store, in order: a rebase adds layers and images and moves tags, a
 * switch builds versions of a base layer's files and leads to them. Each step stands with its undo
 * in a file of its own.
 *
 * Stage: nothing that dockerd reads, running or not; it can be thrown away at any moment.
 * Publish: renames only, parents before children, `repositories.json` last.
 */
import { buildDiffs } from './steps/build-diffs.ts';
import { cloneLayers } from './steps/clone-layers.ts';
import { markCommitted } from './steps/mark-committed.ts';
import { moveTags } from './steps/move-tags.ts';
import { publishImages, stageImages } from './steps/add-images.ts';
import { publishLayers, stageLayers } from './steps/add-layers.ts';
import { switchLinks } from './steps/switch-links.ts';
import type { Step } from './step.ts';

export const STAGE_STEPS: readonly Step[] = [
  cloneLayers,
  markCommitted,
  stageLayers,
  stageImages,
  buildDiffs,
];
export const PUBLISH_STEPS: readonly Step[] = [publishLayers, publishImages, moveTags, switchLinks];
