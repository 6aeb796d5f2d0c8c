/** What only --deep sees. */
import { gzipSync } from 'node:zlib';

import {
  append,
  copy,
  fifo,
  leadTo,
  move,
  overwrite,
  put,
  remove,
  setMode,
  setOwner,
  TAR_SPLIT,
  tarSplitOf,
  xattr,
  TOP,
  type Damage,
} from '../damaged-store.ts';

/** CAP_CHOWN, permitted and effective, as setcap(8) writes it. */
const CHOWN = '0x0100000201000000000000000000000000000000';

export const CONTENTS_DAMAGES: readonly Damage[] = [
  [
    'a file has other bytes',
    (p) => overwrite(p.overlay('app', 2, 'diff/opt/run'), 'ruN'),
    ['layer-file'],
  ],
  ['a file is gone', (p) => remove(p.overlay('kit', TOP, 'diff/k')), ['layer-file']],
  ['a file is longer', (p) => append(p.overlay('kit', TOP, 'diff/k'), 'k'), ['layer-attributes']],
  ['a file is a FIFO', (p) => fifo(p.overlay('kit', TOP, 'diff/k')), ['layer-attributes']],
  [
    'a file is a symlink to one of the host',
    (p) => leadTo(p.overlay('kit', TOP, 'diff/k'), '/etc/passwd'),
    ['layer-attributes'],
  ],
  ['a file too many', (p) => put(p.overlay('kit', TOP, 'diff/extra'), ''), ['layer-extra-file']],
  [
    'another mode',
    (p) => setMode(p.overlay('app', 2, 'diff/opt/run'), 0o755),
    ['layer-attributes'],
  ],
  ['another owner', (p) => setOwner(p.overlay('kit', TOP, 'diff/k'), 1, 2), ['layer-attributes']],
  [
    'another mode of a directory',
    (p) => setMode(p.overlay('app', 2, 'diff/opt'), 0o777),
    ['layer-attributes'],
  ],
  [
    'another target',
    (p) => leadTo(p.overlay('app', 2, 'diff/opt/link'), 'again'),
    ['layer-attributes'],
  ],
  [
    'a hard link that is a file of its own',
    (p) => {
      const file = p.overlay('app', 2, 'diff/opt/run');
      copy(file, `${file}2`);
      setOwner(`${file}2`, 5, 0);
      setMode(`${file}2`, 0o4755);
      move(`${file}2`, file);
    },
    ['layer-attributes'],
  ],
  ['a whiteout is gone', (p) => remove(p.overlay('app', TOP, 'diff/bin/tool')), ['layer-whiteout']],
  [
    'a whiteout is a file',
    (p) => put(p.overlay('app', TOP, 'diff/bin/tool'), ''),
    ['layer-whiteout'],
  ],
  [
    'an opaque mark is gone',
    (p) => xattr('-x', 'trusted.overlay.opaque', p.overlay('app', TOP, 'diff/dir')),
    ['layer-whiteout'],
  ],
  [
    'an opaque mark too many',
    (p) => xattr('-n', 'trusted.overlay.opaque', '-v', 'y', p.overlay('app', 2, 'diff/opt')),
    ['layer-whiteout'],
  ],
  [
    'an extended attribute is gone',
    (p) => xattr('-x', 'user.note', p.overlay('base', 1, 'diff/bin/tool')),
    ['layer-attributes'],
  ],
  [
    'an extended attribute has another value',
    (p) => xattr('-n', 'user.note', '-v', 'x', p.overlay('base', 1, 'diff/bin/tool')),
    ['layer-attributes'],
  ],
  [
    'a file has got a capability',
    (p) => xattr('-n', 'security.capability', '-v', CHOWN, p.overlay('kit', TOP, 'diff/k')),
    ['layer-attributes'],
  ],
  [
    'a redirect',
    (p) => xattr('-n', 'trusted.overlay.redirect', '-v', '/x', p.overlay('app', 2, 'diff/opt')),
    ['redirect-mark'],
  ],
  [
    'the tar-split of another layer',
    (p) => copy(p.layerdb('twin', TOP, TAR_SPLIT), p.layerdb('kit', TOP, TAR_SPLIT)),
    ['layer-extra-file', 'layer-file'],
  ],
  [
    'the tar-split of another tar of the same files',
    (p) => {
      const file = p.layerdb('kit', TOP, TAR_SPLIT);
      put(file, gzipSync(`${tarSplitOf(file)}{"type":2,"payload":"AAAA","position":99}\n`));
    },
    ['layer-digest'],
  ],
];
