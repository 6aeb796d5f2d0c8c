/**
 * What a rebase would do, and what became of it: `rebase-image IMAGE...`, `batch` and `apply`.
 */
import { CLONE_MODES, PHASES } from '../../domain/report.ts';
import { DONE, documentSchema } from './document.ts';
import { APPLIED_IMAGE, PLANNED_IMAGE, UNCHANGED_IMAGE } from './image.ts';
import { OUTCOME } from './outcome.ts';
import { choice, count, listOf, orNull, part, record, text, type Schema } from './shapes.ts';

const NAMES = text('a container, by name');

const LAYER = record('a layer to add', {
  chainId: part('chainId'),
  diffId: part('diffId'),
  parent: orNull(part('chainId', 'the layer below; null for the lowest')),
  cacheId: text('its directory in overlay2'),
  link: text('its name in overlay2/l'),
  lower: orNull(text('what its file lower says; null for the lowest')),
  source: record('the layer whose files it gets', {
    chainId: part('chainId'),
    cacheId: text('its directory in overlay2'),
  }),
});

const STORE = record('what is added to the store', {
  layers: listOf(LAYER, 'layers to add, parents first'),
  reused: listOf(part('chainId'), 'layers of the result that are there already'),
  committed: listOf(text('a directory in overlay2'), 'layers that get their first child'),
  images: listOf(part('imageId'), 'configs to add'),
  tags: listOf(part('tagChange'), 'lines of repositories.json that change'),
});

const RESTART = record('running containers, by what a restart of dockerd does to them', {
  comeBack: listOf(NAMES, 'run afterwards: restart policy or live-restore'),
  stayDown: listOf(NAMES, 'would not run afterwards, and are started again'),
  deleted: listOf(NAMES, 'would be deleted (--rm)'),
  startedToo: listOf(NAMES, 'do not run, and dockerd starts them'),
});

const FAILURE = record('an image that is left out', {
  reference: text('the image or the entry of the manifest'),
  error: part('failure', 'why'),
});

const PLAN = {
  host: part('host'),
  failures: listOf(FAILURE, 'what is left out (--keep-going)'),
  warnings: listOf(text('one line'), 'what is odd about the request'),
  store: STORE,
  cost: record('what it takes on disk', {
    clone: choice(CLONE_MODES, 'how files reach their new directory'),
    modes: record(
      'what each way takes',
      Object.fromEntries(CLONE_MODES.map((mode) => [mode, part('space', `with --clone ${mode}`)])),
    ),
  }),
  containers: listOf(part('container'), 'containers of the old images; they keep them'),
  restart: orNull({ ...RESTART, description: 'null when dockerd does not run' }),
};

export const PLAN_DOCUMENT = documentSchema(
  'plan',
  'What would be done: a dry run, or a plan that --out saves. Refused: with error.',
  { ...PLAN, images: imagesOf(PLANNED_IMAGE), error: part('failure', 'why it is refused') },
  ['error'],
);

export const APPLIED_DOCUMENT = documentSchema('applied', 'A plan, and what became of it.', {
  ...PLAN,
  ...OUTCOME,
  ...DONE,
  images: imagesOf(APPLIED_IMAGE),
  durations: record(
    'how long each phase took, in milliseconds; null for one that there was not',
    Object.fromEntries(PHASES.map((phase) => [phase, orNull(count('milliseconds'))])),
  ),
});

function imagesOf(changing: Schema): Schema {
  return listOf({ anyOf: [changing, UNCHANGED_IMAGE] }, 'the images, as they were asked for');
}
