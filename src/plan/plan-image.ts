import { chainIdsOf, imageIdOf } from '../domain/digest.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { parseImageConfig, type HistoryEntry } from '../domain/image-config.ts';
import type { ImagePlan, ImageState, OldBase, PlannedRebase, TagChange } from '../domain/plan.ts';
import type { ConfigMode } from '../domain/settings.ts';
import type { ImageRecord, Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { historyOf, rebasedConfigText } from './config-text.ts';
import { baseLabelsOf } from './settings/base-labels.ts';
import { keptSettings, planSettings, type PlannedSettings } from './settings/plan-settings.ts';
import { NO_SETTINGS, settingsOf } from './settings/read-settings.ts';
import { withSettings } from './settings/settings-text.ts';
import { spliceHistory, type SplicedHistory } from './splice-history.ts';

export interface RebaseInput {
  readonly image: ImageRecord;
  /** How the user calls the image. */
  readonly reference: string;
  readonly oldBase: OldBase;
  readonly newBase: { readonly image: ImageRecord; readonly name: string };
  readonly config: ConfigMode;
  /** Checks that are waived. */
  readonly allow: ReadonlySet<string>;
}

/**
 * Plans one image: the new base's layers and the app's own above them, the new base's history and
 * the app's own after it, the app's settings merged with those of the two bases. Says "nothing to
 * do" when the image would come out as it is. The tags are the caller's to add (`planTags`).
 * Throws STORE_DAMAGED for a config that cannot be edited without guessing.
 */
export function planImage(snapshot: Snapshot, input: RebaseInput): ImagePlan {
  const { image, oldBase, newBase, reference } = input;
  const diffIds = [...newBase.image.diffIds, ...image.diffIds.slice(oldBase.layers)];
  const history = splicedHistory(snapshot, input);
  const settings = plannedSettings(snapshot, input, history.own);
  const configText = edited(reference, () =>
    rebasedConfigText(
      withSettings(image.text, settings.texts, newBase.image.text),
      diffIds,
      history.raw,
    ),
  );
  const after = stateOf(configText, diffIds);
  if (after.imageId === image.id) {
    return {
      kind: 'nothing',
      reference,
      imageId: image.id,
      reason: `on ${newBase.name} it would be the same image`,
    };
  }
  return {
    kind: 'rebase',
    reference,
    before: stateOf(image.text, image.diffIds),
    after,
    oldBase,
    newBase: {
      name: newBase.name,
      imageId: newBase.image.id,
      layers: newBase.image.diffIds.length,
    },
    config: input.config,
    settings: settings.changes,
    tags: [],
    findings: [...historyFindings(input, history), ...settings.findings],
    allowed: input.allow,
  } satisfies PlannedRebase & { tags: TagChange[] };
}

function stateOf(configText: string, diffIds: ImageState['diffIds']): ImageState {
  return {
    imageId: imageIdOf(configText),
    configText,
    diffIds,
    chainIds: chainIdsOf(diffIds),
  };
}

function splicedHistory(snapshot: Snapshot, input: RebaseInput): SplicedHistory {
  const { image, oldBase, newBase, reference } = input;
  const old = oldBase.imageId === undefined ? undefined : snapshot.images.get(oldBase.imageId);
  return spliceHistory({
    app: edited(reference, () => historyOf(image)),
    appLayers: image.diffIds.length,
    oldBaseLayers: oldBase.layers,
    oldBase: old === undefined ? undefined : edited(oldBase.name, () => historyOf(old)),
    newBase: edited(newBase.name, () => historyOf(newBase.image)),
    newBaseLayers: newBase.image.diffIds.length,
  });
}

function plannedSettings(
  snapshot: Snapshot,
  { config, image, oldBase, newBase, reference }: RebaseInput,
  own: readonly HistoryEntry[],
): PlannedSettings {
  if (config === 'keep') return keptSettings([]);
  const old = oldBase.imageId === undefined ? undefined : snapshot.images.get(oldBase.imageId);
  const known = old && edited(oldBase.name, () => settingsOf(old));
  return planSettings({
    app: edited(reference, () => settingsOf(image)),
    oldBase: known ?? (oldBase.layers === 0 ? NO_SETTINGS : undefined),
    newBase: edited(newBase.name, () => settingsOf(newBase.image)),
    own,
    labels: baseLabelsOf(snapshot, { imageId: newBase.image.id, name: newBase.name }),
    names: { image: reference, oldBase: oldBase.name, newBase: newBase.name },
  });
}

function historyFindings(input: RebaseInput, history: SplicedHistory): Finding[] {
  return history.unknown.map((whose) =>
    finding(
      'history',
      'note',
      `the history of ${whose === 'image' ? input.reference : input.newBase.name} ` +
        `does not fit its ${parseImageConfig(textOf(input, whose)).diffIds.length} layers: ` +
        'placeholders stand for it',
    ),
  );
}

function textOf(input: RebaseInput, whose: 'image' | 'new base'): string {
  return whose === 'image' ? input.image.text : input.newBase.image.text;
}

function edited<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new RebaseError('STORE_DAMAGED', `the config of ${name} is ambiguous: ${cause.message}`, {
      hint: 'it cannot be rebased without guessing; build the image again',
      cause,
    });
  }
}
