/**
 * The overlay commands: `overlay pack|apply|restore|status|drop`, and a rebase with
 * `--strategy overlay`.
 */
import { OUTCOME_KINDS, CLONE_MODES } from '../../domain/report.ts';
import { DONE, documentSchema } from './document.ts';
import { choice, count, flag, listOf, orNull, part, record, text, type Schemas } from './shapes.ts';

const BASE = record('a base, as it was named when it was last seen', {
  name: text('repository:tag, or a short ImageID'),
  imageId: part('imageId'),
  chainId: part('chainId', 'of its top layer'),
});

const SHOWN = record('what is seen through a layer', {
  version: orNull(text("a version; null for dockerd's own files")),
  base: BASE,
});

const SPACE = record('room on disk', {
  bytes: count('bytes'),
  inodes: orNull(count('files and folders; null where they are made as they are needed')),
});

const CHANGES = record('what is seen to change', {
  counts: record('how many names', {
    added: count('names that were not there'),
    changed: count('names with another content, type, mode, owner or target'),
    deleted: count('names that are gone'),
  }),
  files: listOf(
    record('a name', {
      kind: choice(['added', 'changed', 'deleted'], 'what happens to it'),
      path: text('the path in the base; bytes that are no UTF-8 are \\xNN'),
    }),
    'all of them, sorted',
  ),
});

const SHARERS = {
  images: listOf(
    record('an image', {
      imageId: part('imageId'),
      name: text('its first tag, else its short ID'),
      tags: listOf(text('repository:tag'), 'its tags'),
      layersAbove: count('layers that it has above this one; 0 for the base itself'),
    }),
    'images that have the layer',
  ),
  containers: listOf(part('container'), 'containers that lie on the layer'),
};

const SWITCH = record('a layer whose files are exchanged', {
  base: BASE,
  chainId: part('chainId'),
  cacheId: text('its directory in overlay2'),
  link: text('its name in overlay2/l'),
  before: text('the folder that is mounted: diff or diff.VERSION'),
  after: text('the folder that takes its place'),
  builds: flag('whether that folder is built for this'),
  from: SHOWN,
  to: SHOWN,
  union: flag('whether files that only the old base has stay'),
  ...SHARERS,
  changes: CHANGES,
  hidden: listOf(
    record('what an image does not see', {
      image: text('an image, by name'),
      count: count('changes that its own layers hide'),
    }),
    'of images with layers of their own',
  ),
  checked: orNull(
    listOf(
      record('an image on the base', {
        image: text('by name'),
        findings: listOf(part('finding'), 'what the checks have to say'),
      }),
      'null where the new base is no image of this host',
    ),
  ),
});

const PLAN: Schemas = {
  host: part('host'),
  bundle: orNull(text('the file that is applied; null without one')),
  switches: listOf(SWITCH, 'layers whose files are exchanged'),
  unchanged: listOf(
    record('a base', { base: text('by name'), reason: text('why there is nothing to do') }),
    'bases for which there is nothing to do',
  ),
  warnings: listOf(text('one line'), 'what else is to be known'),
  runningContainers: choice(
    ['refuse', 'restart', 'leave'],
    'what becomes of running containers on the base',
  ),
  cost: record('what it takes on disk', {
    clone: choice(CLONE_MODES, 'how files reach their new folder'),
    modes: record(
      'what each way takes',
      Object.fromEntries(CLONE_MODES.map((mode) => [mode, part('space', `with --clone ${mode}`)])),
    ),
  }),
  free: SPACE,
};

export const OVERLAY_PLAN_DOCUMENT = documentSchema(
  'overlay-plan',
  'What showing another base through a layer would mean (--dry-run). Refused: with error.',
  { ...PLAN, error: part('failure', 'why it is refused') },
  ['error'],
);

export const OVERLAY_APPLIED_DOCUMENT = documentSchema(
  'overlay-applied',
  'The same, and what became of it.',
  {
    ...PLAN,
    ...DONE,
    kind: choice(OUTCOME_KINDS, 'what was done'),
    pending: orNull(choice(['restart', 'publish'], 'publish: it is staged only')),
    notes: listOf(text('one line'), 'what else is to be known'),
  },
);

export const OVERLAY_PACK_DOCUMENT = documentSchema(
  'overlay-pack',
  'A bundle for other hosts, written or (--dry-run) not.',
  {
    old: BASE,
    new: BASE,
    version: text('the name of the version that it makes'),
    union: flag('whether files that only the old base has stay'),
    file: orNull(text('the file as it was named; null when none was')),
    carried: record('what it holds', {
      files: count('names'),
      bytes: count('bytes of files'),
    }),
    deleted: count('names of the old base that it hides'),
    entries: count('names of the new base'),
    changes: CHANGES,
    written: orNull(
      record('the file', {
        sha256: text('of the file, hex; the same for the same bases'),
        bytes: count('bytes of the file'),
      }),
    ),
  },
);

const VERSION = record('a version of the files of a layer', {
  version: text('its name'),
  shows: BASE,
  union: flag('whether it was packed with --union'),
  transaction: count('the transaction that built it'),
  active: flag('whether it is what is seen'),
  frees: SPACE,
});

export const OVERLAY_STATUS_DOCUMENT = documentSchema(
  'overlay-status',
  'Layers that have versions, or that show one.',
  {
    host: part('host'),
    layers: listOf(
      record('a layer', {
        base: BASE,
        chainId: part('chainId'),
        cacheId: text('its directory in overlay2'),
        shows: orNull({ ...SHOWN, description: 'null where its link leads elsewhere' }),
        versions: listOf(VERSION, 'its versions'),
        unknown: listOf(
          text('a folder'),
          'folders of versions of which nothing says what they are',
        ),
        ...SHARERS,
        olderViews: listOf(text('a container'), 'containers that run with an older view'),
      }),
      'the layers',
    ),
  },
);

export const OVERLAY_DROP_DOCUMENT = documentSchema(
  'overlay-drop',
  'A version that would be (--dry-run) or was removed.',
  {
    changed: DONE.changed,
    base: BASE,
    cacheId: text('the directory of the layer in overlay2'),
    version: text('its name'),
    shows: orNull({ ...BASE, description: 'null where nothing says what it is' }),
    frees: SPACE,
    endsUndo: listOf(count('a transaction'), 'those that can then not be undone any more'),
  },
);
