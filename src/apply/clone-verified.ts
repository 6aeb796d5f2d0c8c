import path from 'node:path';
import { surveyLayers, type LayerSurvey } from '../store/survey-layers.ts';
import { cloneFiles, type CloneRequest } from './clone-files.ts';
import { verifyClones } from './verify-clones.ts';

/**
 * Clones the files and compares the clones with their sources, which are surveyed once: by the clone
 * where it needs that, else while another process clones. Throws what `cloneFiles` and `verifyClones`
 * throw.
 */
export async function cloneVerified(request: Omit<CloneRequest, 'survey'>): Promise<void> {
  const { layout, sources, target } = request;
  let surveys: ReadonlyMap<string, LayerSurvey> | undefined;
  const survey = (): NonNullable<typeof surveys> => (surveys ??= surveyLayers(layout, sources));
  const cloning = cloneFiles({ ...request, survey });
  try {
    survey();
  } finally {
    await cloning;
  }
  verifyClones(layout.overlay, path.basename(target), survey().values());
}
