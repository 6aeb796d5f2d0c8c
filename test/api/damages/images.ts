/** imagedb. */

import {
  append,
  edit,
  fifo,
  leadTo,
  makeFolder,
  move,
  otherDigit,
  put,
  remove,
  replaceConfig,
  UNKNOWN,
  type Damage,
} from '../damaged-store.ts';

export const IMAGES_DAMAGES: readonly Damage[] = [
  ['a config has one newline more', (p) => append(p.content('conf'), '\n'), ['image-digest']],
  [
    'a config is cut off',
    (p) => edit(p.content('conf'), (text) => text.slice(0, -9)),
    ['image-config'],
  ],
  ['a config is empty', (p) => put(p.content('conf'), ''), ['image-config']],
  [
    'a config is no text',
    (p) => put(p.content('conf'), Buffer.from([0xff, 0xfe, 0])),
    ['image-config'],
  ],
  ['a config is a folder', (p) => makeFolder(remove(p.content('conf'))), ['image-config']],
  ['a config is a FIFO', (p) => fifo(p.content('conf')), ['image-config']],
  [
    'a config leads out of the store',
    (p) => leadTo(p.content('conf'), '/etc/passwd'),
    ['image-config'],
  ],
  [
    'a config is nested too deeply',
    (p) => {
      put(p.content('conf'), `{"x":${'['.repeat(200_000)}`);
    },
    ['image-config'],
  ],
  [
    'a config stands under the name of another image',
    (p) => move(p.content('conf'), p.content('conf').replace(/.$/, otherDigit)),
    ['image-digest', 'tag-dangling'],
  ],
  [
    'a config has no rootfs',
    (p) => replaceConfig(p, 'conf', (config) => ({ ...config, rootfs: undefined })),
    ['image-config'],
  ],
  [
    'an image is for Windows',
    (p) => replaceConfig(p, 'conf', (config) => ({ ...config, os: 'windows' })),
    ['image-config'],
  ],
  [
    'a DiffID is in upper case',
    (p) => {
      replaceConfig(p, 'conf', (config) => ({
        ...config,
        rootfs: { type: 'layers', diff_ids: [UNKNOWN.toUpperCase()] },
      }));
    },
    ['image-config'],
  ],
  [
    'an image has a layer that is not there',
    (p) => {
      replaceConfig(p, 'conf', (config) => ({
        ...config,
        rootfs: { type: 'layers', diff_ids: [UNKNOWN] },
        history: [],
      }));
    },
    ['image-layer-missing'],
  ],
  [
    'the history has more layers than the image',
    (p) => {
      replaceConfig(p, 'conf', (config) => ({
        ...config,
        history: Array.from({ length: 9 }, () => ({ created_by: 'x' })),
      }));
    },
    ['image-history'],
  ],
  ['a config is gone', (p) => remove(p.content('conf')), ['tag-dangling']],
  [
    'the parent of an image is gone',
    (p) => put(p.metadata('app', 'parent'), UNKNOWN),
    ['image-parent'],
  ],
  [
    'the parent of an image ends in a newline',
    (p) => append(p.metadata('app', 'parent'), '\n'),
    ['image-parent'],
  ],
  [
    'the parent of an image has other layers',
    (p) => put(p.metadata('app', 'parent'), p.store.image('kit').imageId),
    ['image-parent'],
  ],
  [
    'the time of the last tag ends in a newline',
    (p) => append(p.metadata('app', 'lastUpdated'), '\n'),
    ['image-last-updated'],
  ],
  [
    'the only tag of an image is gone, and with it its config',
    (p) => {
      remove(p.content('kit'));
      edit(p.repositories, (text) => text.replace(/,"kit":\{[^}]*\}/, ''));
    },
    ['orphan-layer'],
  ],
];
