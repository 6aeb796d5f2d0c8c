/**
 * One image, as a plan, a check and an outcome tell it.
 */
import { CONFIG_MODES, SETTING_KINDS } from '../../domain/settings.ts';
import {
  always,
  anything,
  choice,
  count,
  listOf,
  orNull,
  part,
  record,
  text,
  type Schema,
  type Schemas,
} from './shapes.ts';

const REFERENCE = text('the image as it was asked for');

const SETTING = record('a setting that the image has of its own or gets from the new base', {
  field: text('the field of the config: Env, Cmd, Labels, ...'),
  item: orNull(text('the variable, label, port or volume; null where the field counts as a whole')),
  kind: choice(SETTING_KINDS, 'where the value comes from'),
  before: anything("the image's value; null when it is not set"),
  after: anything("the result's value; null when it is not set"),
  oldBase: anything("the old base's value; null when it is not set"),
  newBase: anything("the new base's value; null when it is not set"),
});

const JUDGED = {
  reference: REFERENCE,
  reason: always(null, 'there is something to do'),
  before: part('imageState', 'the image'),
  after: part('imageState', 'the result'),
  oldBase: record('the lowest layers of the image, which the new base replaces', {
    layers: count('how many layers'),
    imageId: orNull(part('imageId', 'the local image that they are; null when there is none')),
    name: text('its name'),
    evidence: text('why these layers are the base'),
  }),
  newBase: record('the new base', {
    name: text('its name'),
    imageId: part('imageId'),
    layers: count('how many layers'),
  }),
  config: choice(CONFIG_MODES, 'how settings come together'),
  settings: listOf(SETTING, 'what becomes of the settings; empty with keep'),
  verdict: part('verdict'),
  findings: listOf(part('finding'), 'what the checks have to say'),
};

const DIFF = record('two texts to compare line by line', {
  header: text('what they are of'),
  before: text('the text before'),
  after: text('the text afterwards'),
});

const FIELD = record(
  'a field in which the two configs differ',
  {
    path: text('dotted: rootfs.diff_ids, config.Labels["com.example.team"]'),
    before: anything('its value; the key is left out where the field is not there'),
    after: anything('its value afterwards; left out where the field is not there'),
  },
  ['before', 'after'],
);

/** A tag that a transaction has moved. */
export const REBASED_TAG = {
  tag: text('repository:tag'),
  before: part('imageId', 'the old image'),
  after: part('imageId', 'the result'),
  newBase: text('the new base, by name'),
};

/** An image with what a check says of it. */
export const CHECKED_IMAGE = record('an image that would change', {
  ...JUDGED,
  outcome: always('rebase', 'it would be rebased'),
});

export const PLANNED_IMAGE = plannedImage(always('rebase', 'it is to be rebased'));
export const APPLIED_IMAGE = plannedImage(always('rebased', 'it was rebased, or is staged'), {
  layers: record('the layers of the image above its base', {
    cloned: count('that were cloned for it'),
    reused: count('that were there already, or are cloned for an earlier image of the run'),
  }),
  bytes: count('bytes on disk of the files in the cloned layers'),
});

export const UNCHANGED_IMAGE = record('an image for which there is nothing to do', {
  reference: REFERENCE,
  outcome: always('unchanged', 'nothing is done'),
  reason: text('why'),
  before: part('onlyId', 'the image'),
  after: part('onlyId', 'the same'),
});

/** An image in an outcome that has no plan. */
export const RESULT_IMAGE = record('what was done to an image', {
  reference: text('the tag'),
  outcome: choice(['rebased', 'unchanged', 'restored'], 'what was done'),
  reason: orNull(text('why nothing was done')),
  before: part('onlyId', 'what the tag named'),
  after: part('onlyId', 'what it names afterwards'),
  tags: listOf(text('repository:tag'), 'the tags that were moved'),
});

export const ONLY_ID = record('an image by its ID', { imageId: part('imageId') });

export const IMAGE_STATE = record('an image', {
  imageId: part('imageId'),
  diffIds: listOf(part('diffId'), 'its layers, lowest first'),
  chainIds: listOf(part('chainId'), 'the ChainID of each'),
});

function plannedImage(outcome: Schema, more: Schemas = {}): Schema {
  return record('an image that changes', {
    ...JUDGED,
    outcome,
    tags: listOf(part('tagChange'), 'the tags that change'),
    keptTags: listOf(text('a reference'), 'tags and digests that stay on the old image'),
    diff: listOf(DIFF, 'the image JSON and the tags before and afterwards, for a line diff'),
    fields: listOf(FIELD, 'the fields of the image JSON that differ'),
    ...more,
  });
}
