/** overlay2 directories, links and tar-split files. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

import {
  append,
  copy,
  edit,
  fifo,
  leadTo,
  put,
  remove,
  TAR_SPLIT,
  TOP,
  type Damage,
} from '../damaged-store.ts';

export const DIRECTORIES_DAMAGES: readonly Damage[] = [
  [
    'the directory is gone',
    (p) => remove(p.overlay('kit', TOP)),
    ['layer-directory', 'orphan-link'],
  ],
  ['diff/ is gone', (p) => remove(p.overlay('kit', TOP, 'diff')), ['layer-directory']],
  ['diff/ is a file', (p) => put(p.overlay('kit', TOP, 'diff'), ''), ['layer-directory']],
  [
    'diff/ is a symlink out of the store',
    (p) => leadTo(p.overlay('kit', TOP, 'diff'), '/etc'),
    ['layer-directory'],
  ],
  [
    'the directory is a symlink out of the store',
    (p) => leadTo(p.overlay('kit', TOP), '/etc'),
    ['layer-directory', 'orphan-link', 'stray-name'],
  ],
  [
    'link is not there',
    (p) => remove(p.overlay('kit', TOP, 'link')),
    ['link-invalid', 'orphan-link'],
  ],
  [
    'link ends in a newline',
    (p) => append(p.overlay('kit', TOP, 'link'), '\n'),
    ['link-invalid', 'orphan-link'],
  ],
  ['link is empty', (p) => put(p.overlay('kit', TOP, 'link'), ''), ['link-invalid', 'orphan-link']],
  [
    'link leads out of overlay2/l',
    (p) => put(p.overlay('kit', TOP, 'link'), '../../../../etc/passwd'),
    ['link-invalid', 'orphan-link'],
  ],
  ['l/<link> is not there', (p) => remove(p.linkOf('app', 1)), ['link-missing']],
  ['l/<link> is a file', (p) => put(p.linkOf('app', 1), ''), ['link-missing']],
  [
    'l/<link> is absolute',
    (p) => leadTo(p.linkOf('app', 1), p.overlay('app', 1, 'diff')),
    ['link-target'],
  ],
  [
    'l/<link> leads to another layer',
    (p) => leadTo(p.linkOf('app', 1), `../${p.store.image('app').cacheIds[0]!}/diff`),
    ['link-target'],
  ],
  ['l/<link> leads out of the store', (p) => leadTo(p.linkOf('app', 1), '/etc'), ['link-target']],
  [
    'two directories have one link',
    (p) => copy(p.overlay('app', 0, 'link'), p.overlay('kit', TOP, 'link')),
    ['link-shared', 'link-target', 'orphan-link'],
  ],
  ['lower is not there', (p) => remove(p.overlay('app', 2, 'lower')), ['lower-wrong']],
  ['lower is empty', (p) => put(p.overlay('app', 2, 'lower'), ''), ['lower-wrong']],
  ['lower ends in a newline', (p) => append(p.overlay('app', 2, 'lower'), '\n'), ['lower-wrong']],
  [
    'lower is cut off',
    (p) => edit(p.overlay('app', 2, 'lower'), (text) => text.split(':')[0]!),
    ['lower-wrong'],
  ],
  [
    'lower names a layer twice',
    (p) => edit(p.overlay('app', 2, 'lower'), (text) => `${text}:${text.split(':')[0]!}`),
    ['lower-wrong'],
  ],
  [
    'lower leads out of the store',
    (p) => put(p.overlay('app', 2, 'lower'), '../../../../etc'),
    ['lower-wrong'],
  ],
  [
    'a base layer has a lower',
    (p) => put(p.overlay('base', 0, 'lower'), `l/${'A'.repeat(26)}`),
    ['lower-wrong', 'work-missing'],
  ],
  [
    'a layer with children is not marked',
    (p) => remove(p.overlay('app', 2, 'committed')),
    ['committed-missing'],
  ],
  [
    'a layer with a container is not marked',
    (p) => remove(p.overlay('app', TOP, 'committed')),
    ['committed-missing'],
  ],
  ['work/ is gone', (p) => remove(p.overlay('app', 2, 'work')), ['work-missing']],
  ['tar-split is gone', (p) => remove(p.layerdb('app', 2, TAR_SPLIT)), ['tar-split']],
  ['tar-split is empty', (p) => put(p.layerdb('app', 2, TAR_SPLIT), ''), ['tar-split']],
  [
    'tar-split is cut off',
    (p) => {
      const file = p.layerdb('app', 2, TAR_SPLIT);
      put(file, readFileSync(file).subarray(0, -20));
    },
    ['tar-split'],
  ],
  ['tar-split is no gzip', (p) => put(p.layerdb('app', 2, TAR_SPLIT), 'no gzip'), ['tar-split']],
  [
    'tar-split is no JSON',
    (p) => {
      put(p.layerdb('app', 2, TAR_SPLIT), gzipSync('{"type":1}\n{"ty'));
    },
    ['tar-split'],
  ],
  ['tar-split is a FIFO', (p) => fifo(p.layerdb('app', 2, TAR_SPLIT)), ['tar-split']],
  [
    'tar-split is a symlink out of the store',
    (p) => leadTo(p.layerdb('app', 2, TAR_SPLIT), '/etc/passwd'),
    ['tar-split'],
  ],
  [
    'a FIFO stands in the place of diff',
    (p) => fifo(p.layerdb('app', 2, 'diff')),
    ['layer-incomplete'],
  ],
  [
    'a FIFO stands in the place of lower',
    (p) => fifo(p.overlay('app', 2, 'lower')),
    ['lower-wrong'],
  ],
];
