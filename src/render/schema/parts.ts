/**
 * What several documents hold.
 */
import { CHECKS, REMARKS, SEVERITIES, VERDICTS } from '../../domain/finding.ts';
import { TRANSACTION_STATES } from '../../domain/report.ts';
import { ERROR_CODES } from '../../errors.ts';
import { DEPENDENT } from './images-known.ts';
import { IMAGE_STATE, ONLY_ID, REBASED_TAG } from './image.ts';
import { always, choice, count, flag, listOf, orNull, part, record, text } from './shapes.ts';
import type { Schema, Schemas } from './shapes.ts';

function digest(description: string): Schema {
  return { type: 'string', pattern: '^sha256:[0-9a-f]{64}$', description };
}

export const PARTS: Schemas = {
  imageId: digest("an ImageID: the sha256 of the image's config"),
  diffId: digest("a DiffID: the sha256 of a layer's tar"),
  chainId: digest('a ChainID: the sha256 that stands for a layer and all below it'),
  space: record('room on disk', {
    bytes: count('bytes'),
    inodes: count('files and folders'),
  }),
  onlyId: ONLY_ID,
  imageState: IMAGE_STATE,
  dependent: DEPENDENT,
  failure: record('what went wrong', {
    code: choice([...ERROR_CODES, 'INTERNAL'], 'what kind of failure; each has its exit code'),
    message: text('one line that names the thing'),
    hint: orNull(text('what to type or look at next')),
  }),
  host: record('the store, and the dockerd that uses it', {
    storeRoot: text("dockerd's data-root; with userns-remap the folder of the remapped root in it"),
    driver: always('overlay2', 'the storage driver'),
    daemon: record('the dockerd of this store', {
      running: flag('whether it runs'),
      version: orNull(text('its version; null when it does not run or does not answer')),
      livingOn: listOf(text('a container'), 'containers that run although dockerd does not'),
    }),
  }),
  container: record('a container', {
    id: text('its ID'),
    name: text('its name'),
    imageId: text('the ImageID in its config'),
    running: flag('whether it runs'),
  }),
  finding: record('what a check has to say', {
    check: choice([...CHECKS, ...REMARKS], 'the check, or what the remark is about'),
    severity: choice(SEVERITIES, 'breaks refuses unless allowed, review is to be looked at'),
    message: text('one line that names the thing'),
    why: orNull(text('why it matters')),
    hint: orNull(text('what to do about it')),
    path: orNull(text('the path in the image that it is about')),
    layers: listOf(part('diffId'), 'the layers involved'),
    refuses: flag('whether it refuses the rebase'),
    allowed: flag('whether its check is waived with --allow'),
  }),
  verdict: choice(VERDICTS, 'SAFE: nothing found. REVIEW: look at it. BREAKS: refused'),
  tagChange: record('a line of repositories.json that changes', {
    repository: text('the repository that lists it'),
    key: text('the reference: repository:tag'),
    before: orNull(part('imageId', 'what it named; null for a tag that is added')),
    after: part('imageId', 'what it names afterwards'),
  }),
  transaction: record('a transaction', {
    transaction: count('its number'),
    state: choice(TRANSACTION_STATES, 'where it stands'),
    startedAt: text('when it began: ISO 8601, UTC'),
    command: text('the command line'),
    images: listOf(record('a tag that it moves', REBASED_TAG), 'what it moves'),
    switches: listOf(part('switch'), 'bases whose files it exchanges'),
  }),
  switch: record('a base whose files are exchanged for everyone on it', {
    base: text('as it was named: repository:tag'),
    before: orNull(text("a version of its files; null for dockerd's own")),
    after: orNull(text("the version that is seen afterwards; null for dockerd's own")),
  }),
};
