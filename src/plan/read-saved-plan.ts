import { asDiffID, asImageID, chainIdsOf, imageIdOf } from '../domain/digest.ts';
import { CHECKS, REMARKS, SEVERITIES, type Finding } from '../domain/finding.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import { Shape } from '../domain/json-shape.ts';
import { parseJson } from '../domain/json-text.ts';
import type { ImagePlan, ImageState, Plan, PlannedRebase, TagChange } from '../domain/plan.ts';
import { isFamiliarKey } from '../domain/reference.ts';
import { CONFIG_MODES, SETTING_KINDS, type SettingChange } from '../domain/settings.ts';
import { RebaseError } from '../errors.ts';
import { planDigest, SAVED_PLAN_SCHEMA } from './saved-plan.ts';

/**
 * Reads a saved plan; `file` is its name for messages. Nothing in it is believed that can be
 * computed: IDs are those of the config texts, the result's layers are those of the new base and the
 * app's own. Throws BAD_PLAN, naming what is wrong.
 */
export function readSavedPlan(text: string, file: string): Plan {
  try {
    const value = parseJson(text);
    const plan = new Shape(value);
    plan.at('schema').oneOf([SAVED_PLAN_SCHEMA]);
    if (plan.at('digest').text() !== planDigest(value as Record<string, unknown>)) {
      throw new SyntaxError('it was changed since it was saved');
    }
    return { images: plan.at('images').list(imageOf) };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new RebaseError('BAD_PLAN', `${file} is no plan that can be applied: ${cause.message}`, {
      hint: 'save it again: rebase-image IMAGE --onto BASE --out FILE',
      cause,
    });
  }
}

function imageOf(image: Shape): ImagePlan {
  const reference = image.at('reference').text();
  if (image.at('kind').oneOf(['rebase', 'nothing']) === 'nothing') {
    const imageId = image.at('imageId').parsed('an image ID', asImageID);
    return { kind: 'nothing', reference, imageId, reason: image.at('reason').text() };
  }
  const rebase: PlannedRebase = {
    kind: 'rebase',
    reference,
    before: stateOf(image.at('before')),
    after: stateOf(image.at('after')),
    oldBase: {
      layers: image.at('oldBase').at('layers').count(),
      imageId: image
        .at('oldBase')
        .at('imageId')
        .maybe((id) => id.parsed('an image ID', asImageID)),
      name: image.at('oldBase').at('name').text(),
      evidence: image.at('oldBase').at('evidence').text(),
    },
    newBase: {
      name: image.at('newBase').at('name').text(),
      imageId: image.at('newBase').at('imageId').parsed('an image ID', asImageID),
      layers: image.at('newBase').at('layers').count(),
    },
    config: image.at('config').oneOf(CONFIG_MODES),
    settings: image.at('settings').list(settingOf),
    tags: image.at('tags').list(tagOf),
    findings: image.at('findings').list(findingOf),
    allowed: new Set(image.at('allowed').list((check) => check.oneOf(CHECKS))),
  };
  refuseOtherLayers(rebase, image);
  return rebase;
}

function stateOf(state: Shape): ImageState {
  const configText = state.at('configText').text();
  const imageId = imageIdOf(configText);
  if (state.at('imageId').text() !== imageId) state.at('imageId').wrong('that of its config');
  const diffIds = state.at('diffIds').list((each) => each.parsed('a DiffID', asDiffID));
  if (parseImageConfig(configText).diffIds.join() !== diffIds.join()) {
    state.at('diffIds').wrong('those of its config');
  }
  return { imageId, configText, diffIds, chainIds: chainIdsOf(diffIds) };
}

/** The app's own layers, in number and order, above a new base. */
function refuseOtherLayers({ before, after, oldBase, newBase }: PlannedRebase, image: Shape): void {
  const own = before.diffIds.slice(oldBase.layers);
  const kept = after.diffIds.slice(newBase.layers);
  if (oldBase.layers <= before.diffIds.length && own.join() === kept.join()) return;
  image.at('after').at('diffIds').wrong("the new base's layers and the image's own above them");
}

function tagOf(tag: Shape): TagChange {
  const key = tag.at('key').text();
  const repository = tag.at('repository').text();
  if (!isFamiliarKey(key) || key.includes('@') || !key.startsWith(`${repository}:`)) {
    tag.at('key').wrong('a tag of its repository');
  }
  return {
    repository,
    key,
    before: tag.at('before').maybe((id) => id.parsed('an image ID', asImageID)),
    after: tag.at('after').parsed('an image ID', asImageID),
  };
}

function settingOf(setting: Shape): SettingChange {
  const maybeText = (key: string): string | undefined =>
    setting.at(key).maybe((value) => value.text());
  return {
    field: setting.at('field').text(),
    item: maybeText('item'),
    kind: setting.at('kind').oneOf(SETTING_KINDS),
    before: maybeText('before'),
    after: maybeText('after'),
    oldBase: maybeText('oldBase'),
    newBase: maybeText('newBase'),
  };
}

function findingOf(each: Shape): Finding {
  const maybeText = (key: string): string | undefined =>
    each.at(key).maybe((value) => value.text());
  return {
    check: each.at('check').oneOf([...CHECKS, ...REMARKS]),
    severity: each.at('severity').oneOf(SEVERITIES),
    message: each.at('message').text(),
    why: maybeText('why'),
    hint: maybeText('hint'),
    path: maybeText('path'),
    layers: each.at('layers').list((layer) => layer.parsed('a DiffID', asDiffID)),
  };
}
