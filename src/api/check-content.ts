import type { ContentFacts, Side } from '../checks/content-facts.ts';
import { judgeContent, wantedContent } from '../checks/judge-content.ts';
import { modifiedLayers } from '../checks/modified-layers.ts';
import { walkedLayers } from '../checks/walked-layers.ts';
import { requestKey, type FileFact, type FileFacts } from '../domain/file-fact.ts';
import { counted } from '../domain/counted.ts';
import type { ChainID } from '../domain/digest.ts';
import type { Finding } from '../domain/finding.ts';
import { rebasesOf, type ImageState, type Plan, type PlannedRebase } from '../domain/plan.ts';
import type { Progress } from '../domain/progress.ts';
import type { PathMark } from '../store/dependent-marks.ts';
import type { Layout } from '../store/layout.ts';
import type { Examination } from './examine-layers.ts';
import { openLayerContents, type LayerContents, type StackedLayer } from './layer-contents.ts';

/**
 * The plan with the findings of the checks on what the layers hold. Reads the indexes of the layers
 * concerned, and of files only what a check asks for; not again what an examination knows.
 * Throws STORE_DAMAGED for a layer that cannot be read at all.
 */
export function withContentFindings(
  layout: Layout,
  plan: Plan,
  progress: Progress,
  examination?: Examination,
): Plan {
  const total = plan.images.length;
  const what = `check ${counted(total, 'image')}`;
  progress(what);
  const contents = openLayerContents(layout, examination);
  const marks = contents.marks(new Set(rebasesOf(plan).flatMap(appChains)));
  return {
    images: plan.images.map((image, done) => {
      progress(what, { done, total, unit: 'images' });
      if (image.kind === 'nothing') return image;
      const found = contentFindings(contents, factsOf(contents, image, marks));
      return { ...image, findings: [...image.findings, ...found] };
    }),
  };
}

function appChains({ before, oldBase }: PlannedRebase): readonly ChainID[] {
  return before.chainIds.slice(oldBase.layers);
}

function contentFindings(contents: LayerContents, facts: ContentFacts): Finding[] {
  // Of its own, so that what it was told stays, whatever is read for it later.
  const told = new Map<string, FileFact>();
  const files: FileFacts = { get: (request) => told.get(requestKey(request)) };
  // Ends: every round reads what was not read before, and there are finitely many files.
  for (;;) {
    const wanted = wantedContent(facts, files);
    if (wanted.length === 0)
      return [...judgeContent(facts, files), ...walkedLayers(facts), ...modifiedLayers(facts)];
    for (const request of wanted) told.set(requestKey(request), contents.file(request));
  }
}

function factsOf(
  contents: LayerContents,
  image: PlannedRebase,
  marks: ReadonlyMap<ChainID, readonly PathMark[]>,
): ContentFacts {
  const { before, after, oldBase, newBase } = image;
  const old = before.chainIds.map((chainId, at) => stacked(contents, before, chainId, at));
  const own = old.slice(oldBase.layers);
  // The app's layers are read where the old image has them: the store has no others yet.
  const fresh = after.chainIds.map((chainId, at) => {
    const kept = own[at - newBase.layers];
    return kept === undefined ? stacked(contents, after, chainId, at) : { ...kept, chainId };
  });
  return {
    oldBase: sideOf(contents, oldBase.name, old.slice(0, oldBase.layers)),
    newBase: sideOf(contents, newBase.name, fresh.slice(0, newBase.layers)),
    app: own.map(({ layer }) => layer),
    before: { tree: contents.tree(old), configText: before.configText },
    after: { tree: contents.tree(fresh), configText: after.configText },
    marks: own.flatMap(({ layer, chainId }) =>
      (marks.get(chainId) ?? []).map((mark) => ({ ...mark, layer })),
    ),
  };
}

function stacked(
  contents: LayerContents,
  { diffIds }: ImageState,
  chainId: ChainID,
  at: number,
): StackedLayer {
  const diffId = diffIds[at];
  if (diffId === undefined) throw new RangeError(`the image has no layer ${at}`);
  return { chainId, layer: contents.layer(chainId, diffId) };
}

function sideOf(contents: LayerContents, name: string, stack: readonly StackedLayer[]): Side {
  return { name, layers: stack.map(({ layer }) => layer), tree: contents.tree(stack) };
}
