/** What nobody has, and what stands beside the layers. */
import { join } from 'node:path';

import { boltFile } from '../../support/bolt-file.ts';

import { leadTo, makeFolder, put, UNKNOWN, type Damage } from '../damaged-store.ts';

export const LEFTOVERS_DAMAGES: readonly Damage[] = [
  [
    'a directory that nobody has',
    (p) => makeFolder(join(p.store.paths.overlay, 'f'.repeat(64), 'diff')),
    ['orphan-directory'],
  ],
  [
    'a link that leads nowhere',
    (p) => leadTo(join(p.store.paths.overlay, 'l', 'A'.repeat(26)), '../gone/diff'),
    ['orphan-link'],
  ],
  [
    'a file among the links',
    (p) => put(join(p.store.paths.overlay, 'l', 'x'), ''),
    ['orphan-link'],
  ],
  [
    'a write-set of an interrupted pull',
    (p) => makeFolder(join(p.store.paths.image, 'layerdb/tmp/write-set-123')),
    ['leftover'],
  ],
  [
    'a temporary config',
    (p) => put(join(p.store.paths.content, `.tmp-${'a'.repeat(64)}123`), ''),
    ['leftover'],
  ],
  [
    'a temporary repositories.json',
    (p) => put(join(p.store.paths.image, '.tmp-repositories.json123'), ''),
    ['leftover'],
  ],
  [
    'a stray name in layerdb',
    (p) => makeFolder(join(p.store.paths.layers, 'F'.repeat(64))),
    ['stray-name'],
  ],
  [
    'a stray name in imagedb',
    (p) => put(join(p.store.paths.content, 'config.bak'), '{}'),
    ['stray-name'],
  ],
  [
    'a name with an escape sequence in overlay2',
    (p) => makeFolder(join(p.store.paths.overlay, '\u001b[2Jx')),
    ['stray-name'],
  ],
  [
    'a driver of another name',
    (p) => put(join(p.root, 'btrfs/subvolumes/x'), ''),
    ['several-drivers'],
  ],
  [
    'a build cache that holds a layer that is gone',
    (p) => {
      put(join(p.root, 'buildkit/snapshots.db'), boltFile({ a: { chainid: UNKNOWN } }));
    },
    ['buildkit-layer-missing'],
  ],
  [
    'a build cache that cannot be read',
    (p) => put(join(p.root, 'buildkit/snapshots.db'), 'x'.repeat(9000)),
    ['buildkit-unreadable'],
  ],
];
