/**
 * What is known of the store and its transactions: `doctor`, `status`, `history`.
 */
import { STORE_CODES } from '../../domain/store-finding.ts';
import { DONE, documentSchema } from './document.ts';
import { REBASED_TAG } from './image.ts';
import { choice, count, flag, listOf, orNull, part, record, text } from './shapes.ts';

const DAMAGE = record('what was found', {
  code: choice(STORE_CODES, 'what kind of damage'),
  class: choice(
    ['F', 'W', 'I'],
    'F: dockerd fails or destroys something. W: a command of it does not work. I: a remark',
  ),
  message: text('one line that names the thing'),
  consequence: text('what dockerd does about it'),
  issues: listOf(text('moby#44909'), 'where it is known'),
  remedy: text('what to do; nothing in it loses data'),
  about: listOf(text('a digest or an ID'), 'layers, images and containers that it is about'),
  affects: listOf(text('a name'), 'images and containers that suffer'),
});

export const DOCTOR_DOCUMENT = documentSchema('doctor', 'Whether the store is sound.', {
  host: part('host'),
  image: orNull(
    record('the one image that was examined; null for the whole store', {
      name: text('its name'),
      imageId: part('imageId'),
    }),
  ),
  deep: flag('whether the files were compared too'),
  examined: record('how much was looked at', {
    layers: count('layers'),
    images: count('images'),
    containers: count('containers'),
  }),
  sound: flag('whether nothing worse than remarks was found'),
  findings: listOf(DAMAGE, 'the gravest first'),
});

const LEFT_AT = record('a tag as its transaction has left it', {
  transaction: count('the number of the transaction'),
  ...REBASED_TAG,
});

const MOVED = record('a tag that something else has moved since', {
  tag: text('repository:tag'),
  expected: part('imageId', 'what its transaction left it at'),
  now: orNull(part('imageId', 'what it names; null when it is gone')),
});

const STOPPED = record('what the open transaction has stopped, and resume or abort starts', {
  dockerd: flag('whether dockerd is down'),
  containers: listOf(text('a name'), 'containers that are to be started again'),
});

const LEFT_BEHIND = record('a container on an image that a transaction has replaced', {
  container: part('container'),
  tag: text('the tag that was moved'),
  after: part('imageId', 'the result'),
});

export const STATUS_DOCUMENT = documentSchema('status', 'How things stand.', {
  host: part('host'),
  open: listOf(part('transaction'), 'neither finished nor taken back: resume or abort'),
  stopped: orNull(STOPPED),
  pendingRestart: listOf(LEFT_AT, 'what a running dockerd has not loaded yet'),
  overwritten: listOf(LEFT_AT, 'what dockerd has set back: resume applies it again'),
  broken: listOf(LEFT_AT, 'results of which a layer is gone'),
  movedAway: listOf(MOVED, 'tags that name something else by now'),
  onOldImages: listOf(LEFT_BEHIND, 'containers to create anew'),
});

export const HISTORY_DOCUMENT = documentSchema('history', 'What was done.', {
  transactions: listOf(part('transaction'), 'newest first'),
});

const KEPT_JOURNAL = record('a journal that stays', {
  transaction: count('the number of its transaction'),
  reason: text('why'),
});

export const JOURNALS_DOCUMENT = documentSchema(
  'journals',
  'history --prune: which journals go, or went when changed is true.',
  {
    changed: DONE.changed,
    dropped: listOf(part('transaction'), 'those that go'),
    kept: listOf(KEPT_JOURNAL, 'those that stay'),
  },
);
