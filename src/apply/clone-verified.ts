import path from 'node:path';
import { surveyLayers, type LayerSurvey } from '../store/survey-layers.ts';
import { cloneFiles, type CloneRequest } from './clone-files.ts';
import { marksOfSources, verifyClones, type SourceMarks } from './verify-clones.ts';

/**
 * Clones the files and compares the clones with their sources, which are read while another process
 * clones them. Throws what `cloneFiles`, `marksOfSources` and `verifyClones` throw.
 */
export async function cloneVerified(request: Omit<CloneRequest, 'survey'>): Promise<void> {
  const { layout, sources, target } = request;
  let surveys: ReadonlyMap<string, LayerSurvey> | undefined;
  const survey = (): ReadonlyMap<string, LayerSurvey> =>
    (surveys ??= surveyLayers(layout, sources));
  const cloning = cloneFiles({ ...request, survey });
  let marks: SourceMarks;
  try {
    marks = marksOfSources(layout.overlay, survey().values());
  } finally {
    await cloning;
  }
  verifyClones(layout.overlay, path.basename(target), marks);
}
