/**
 * A plan as a file: the same bytes for the same plan on every host, and nothing of the host.
 */
import stableStringify from 'json-stable-stringify';
import { sha256Hex } from '../domain/digest.ts';
import type { Plan, PlannedRebase } from '../domain/plan.ts';

/** Names the shape of the file; a change that an older reader would misread gets a new number. */
export const SAVED_PLAN_SCHEMA = 'rebase-image/plan/v1';

/** The text of the file: keys sorted, two spaces, a newline at the end, a digest over the rest. */
export function savedPlanText(plan: Plan): string {
  const content = { schema: SAVED_PLAN_SCHEMA, images: plan.images.map(savedImage) };
  return `${stringify({ ...content, digest: planDigest(content) })}\n`;
}

/** `sha256:<hex>` over everything else in the file. */
export function planDigest(content: Readonly<Record<string, unknown>>): string {
  return `sha256:${sha256Hex(stringify({ ...content, digest: undefined }))}`;
}

/** What was nothing to do is nothing to do later: only the images that change are kept. */
function savedImage(image: Plan['images'][number]): Record<string, unknown> {
  if (image.kind === 'nothing') return { ...image };
  const { before, after, allowed, ...rest } = image;
  return {
    ...rest,
    before: savedState(before),
    after: savedState(after),
    allowed: [...allowed].sort(),
  };
}

/** ChainIDs follow from the DiffIDs. */
function savedState({ imageId, configText, diffIds }: PlannedRebase['before']): object {
  return { imageId, configText, diffIds };
}

function stringify(value: unknown): string {
  return stableStringify(value, { space: 2 }) ?? '';
}
