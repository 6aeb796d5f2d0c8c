/** Entries of layerdb. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';

import {
  append,
  copy,
  edit,
  leadTo,
  makeFolder,
  put,
  remove,
  TOP,
  UNKNOWN,
  type Damage,
} from '../damaged-store.ts';

export const LAYERS_DAMAGES: readonly Damage[] = [
  ['diff is not there', (p) => remove(p.layerdb('app', 2, 'diff')), ['layer-incomplete']],
  ['size is not there', (p) => remove(p.layerdb('app', TOP, 'size')), ['layer-incomplete']],
  [
    'cache-id is not there',
    (p) => remove(p.layerdb('app', TOP, 'cache-id')),
    ['layer-incomplete', 'orphan-directory'],
  ],
  [
    'the entry is empty',
    (p) => makeFolder(remove(p.layerdb('kit', TOP))),
    ['layer-incomplete', 'orphan-directory'],
  ],
  [
    'the entry is a file',
    (p) => put(p.layerdb('kit', TOP), ''),
    ['layer-incomplete', 'orphan-directory'],
  ],
  [
    'the entry is a symlink out of the store',
    (p) => leadTo(p.layerdb('kit', TOP), '/etc'),
    ['layer-incomplete', 'orphan-directory'],
  ],
  ['diff is no digest', (p) => put(p.layerdb('app', TOP, 'diff'), 'x'), ['layer-field']],
  ['diff is empty', (p) => put(p.layerdb('app', TOP, 'diff'), ''), ['layer-field']],
  [
    'diff is in upper case',
    (p) => edit(p.layerdb('app', TOP, 'diff'), (text) => text.toUpperCase()),
    ['layer-field'],
  ],
  [
    'diff is that of another layer',
    (p) => copy(p.layerdb('kit', TOP, 'diff'), p.layerdb('app', TOP, 'diff')),
    ['layer-chain'],
  ],
  ['size ends in a newline', (p) => append(p.layerdb('app', 0, 'size'), '\n'), ['layer-field']],
  ['size is empty', (p) => put(p.layerdb('app', 0, 'size'), ''), ['layer-field']],
  ['size is negative', (p) => put(p.layerdb('app', 0, 'size'), '-1'), ['layer-field']],
  [
    'cache-id is empty',
    (p) => put(p.layerdb('app', TOP, 'cache-id'), ''),
    ['layer-field', 'orphan-directory'],
  ],
  [
    'cache-id leads out of overlay2',
    (p) => put(p.layerdb('app', TOP, 'cache-id'), '../../../etc'),
    ['layer-field', 'orphan-directory'],
  ],
  [
    'cache-id is an absolute path',
    (p) => put(p.layerdb('app', TOP, 'cache-id'), '/etc'),
    ['layer-field', 'orphan-directory'],
  ],
  [
    'cache-id is of no directory',
    (p) => put(p.layerdb('app', TOP, 'cache-id'), 'f'.repeat(64)),
    ['layer-directory', 'orphan-directory'],
  ],
  [
    'cache-id is a symlink to a file of the host',
    (p) => leadTo(p.layerdb('app', TOP, 'cache-id'), '/etc/hostname'),
    ['layer-incomplete', 'orphan-directory'],
  ],
  ['parent is not there', (p) => remove(p.layerdb('app', 2, 'parent')), ['layer-chain']],
  ['parent is empty', (p) => put(p.layerdb('app', 2, 'parent'), ''), ['layer-field']],
  ['parent is no digest', (p) => put(p.layerdb('app', 2, 'parent'), '../x'), ['layer-field']],
  [
    'parent is another layer',
    (p) => put(p.layerdb('app', 2, 'parent'), p.store.image('base').chainIds[0]!),
    ['layer-chain'],
  ],
  [
    'parent is the layer itself',
    (p) => put(p.layerdb('app', 2, 'parent'), p.store.image('app').chainIds[2]!),
    ['layer-chain'],
  ],
  [
    'two layers are parents of each other',
    (p) => put(p.layerdb('app', 1, 'parent'), p.store.image('app').chainIds[2]!),
    ['layer-chain'],
  ],
  [
    'parent is of no layer',
    (p) => put(p.layerdb('app', 2, 'parent'), UNKNOWN),
    ['layer-parent-missing'],
  ],
  [
    'a layer in the middle is gone',
    (p) => remove(p.layerdb('app', 2)),
    ['image-layer-missing', 'layer-parent-missing', 'orphan-directory'],
  ],
  [
    'the top layer is gone',
    (p) => remove(p.layerdb('app', TOP)),
    ['image-layer-missing', 'mount-layer-missing', 'orphan-directory'],
  ],
  [
    'the base layer is gone',
    (p) => remove(p.layerdb('base', 0)),
    ['image-layer-missing', 'layer-parent-missing', 'orphan-directory'],
  ],
  [
    'a layer waits to be removed',
    (p) => {
      const entry = `${p.layerdb('app', TOP)}-123456-removing`;
      makeFolder(entry);
      put(join(entry, 'cache-id'), 'f'.repeat(64));
    },
    ['layer-removing'],
  ],
  [
    'a layer that waits to be removed has the directory of a live one',
    (p) => {
      cpSync(p.layerdb('app', TOP), `${p.layerdb('app', TOP)}-9-removing`, {
        recursive: true,
      });
    },
    ['removing-live'],
  ],
  [
    'two layers have one directory',
    (p) => copy(p.layerdb('twin', TOP, 'cache-id'), p.layerdb('app', TOP, 'cache-id')),
    ['cache-id-shared', 'orphan-directory'],
  ],
  [
    'a layer and a container have one directory',
    (p) => put(p.layerdb('kit', TOP, 'cache-id'), p.store.container('box').mountId),
    ['cache-id-shared', 'orphan-directory'],
  ],
];
