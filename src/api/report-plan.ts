import type { ImageID } from '../domain/digest.ts';
import { rebasesOf, type Plan, type PlannedRebase } from '../domain/plan.ts';
import type { Progress } from '../domain/progress.ts';
import type { CloneMode, FailedImage, PlanReport } from '../domain/report.ts';
import { tagsOf, type Snapshot } from '../domain/snapshot.ts';
import { bindToStore } from './bind-to-store.ts';
import { measureClone } from './clone-cost.ts';
import { openExamination, type Examination } from './examine-layers.ts';
import { daemonView, type OpenStore } from './open-store.ts';
import { restartView } from './restart-daemon.ts';

export interface ReportOptions {
  readonly clone: CloneMode;
  /** What could not be planned, and is left out. */
  readonly failures?: readonly FailedImage[];
  /** What is odd about the request, one line each. */
  readonly warnings?: readonly string[];
  /** What was read of the images' layers for this plan; undefined reads them. */
  readonly examination?: Examination | undefined;
  readonly progress: Progress;
}

/**
 * Binds a plan to the store and says what it means here: everything that a dry run shows and an
 * apply does. Reads only. Throws what binding can throw.
 */
export async function reportPlan(
  store: OpenStore,
  snapshot: Snapshot,
  plan: Plan,
  { clone, failures = [], warnings = [], progress, ...options }: ReportOptions,
): Promise<PlanReport> {
  const { layout } = store;
  const { examination = openExamination(layout) } = options;
  const rebases = rebasesOf(plan);
  progress('measure what is to be cloned');
  const bound = bindToStore(layout, plan, snapshot, examination);
  const old = new Set<string>(rebases.map(({ before }) => before.imageId));
  return {
    storeRoot: layout.root,
    daemon: daemonView(store),
    plan,
    failures,
    warnings,
    bound,
    names: namesOf(snapshot),
    keptTags: keptTags(snapshot, rebases),
    clone,
    ...measureClone(examination, bound),
    containers: snapshot.containers.filter(({ imageId }) => old.has(imageId)),
    restart: await restartView(store),
  };
}

function namesOf(snapshot: Snapshot): Map<ImageID, string> {
  const names = new Map<ImageID, string>();
  for (const id of snapshot.tags.byImage.keys()) {
    const [tag] = tagsOf(snapshot, id);
    if (tag !== undefined) names.set(id, tag);
  }
  return names;
}

function keptTags(snapshot: Snapshot, rebases: readonly PlannedRebase[]): Map<ImageID, string[]> {
  const moved = new Set(rebases.flatMap(({ tags }) => tags).map(({ key }) => key));
  return new Map(
    rebases.map(({ before: { imageId } }) => {
      const keys = snapshot.tags.byImage.get(imageId) ?? [];
      return [imageId, keys.filter((key) => !moved.has(key))] as const;
    }),
  );
}
