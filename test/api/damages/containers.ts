/** Containers and their mounts. */
import { dirname } from 'node:path';

import {
  copy,
  edit,
  editConfig,
  fifo,
  leadTo,
  linkIn,
  put,
  remove,
  UNKNOWN,
  type Damage,
} from '../damaged-store.ts';

export const CONTAINERS_DAMAGES: readonly Damage[] = [
  [
    'mount-id is not there',
    (p) => remove(p.mount('mount-id')),
    ['mount-field', 'orphan-directory'],
  ],
  [
    'mount-id leads out of overlay2',
    (p) => put(p.mount('mount-id'), '../../etc'),
    ['mount-field', 'orphan-directory'],
  ],
  ['init-id is no ID', (p) => put(p.mount('init-id'), 'x'), ['mount-field', 'orphan-directory']],
  ['the parent of a mount is no digest', (p) => put(p.mount('parent'), 'x'), ['mount-field']],
  [
    'the parent of a mount is gone',
    (p) => put(p.mount('parent'), UNKNOWN),
    ['container-other-image', 'mount-layer-missing'],
  ],
  ["a container's directory is gone", (p) => remove(p.upper()), ['mount-directory', 'orphan-link']],
  [
    "a container's init directory is gone",
    (p) => remove(p.init()),
    ['mount-directory', 'orphan-link'],
  ],
  [
    "a container's link is not there",
    (p) => remove(p.upper('link')),
    ['mount-link', 'orphan-link'],
  ],
  [
    "the link of a container's init layer leads elsewhere",
    (p) => leadTo(linkIn(p.init('link')), '../x/diff'),
    ['mount-link'],
  ],
  [
    "a container's lower is cut off",
    (p) => edit(p.upper('lower'), (text) => text.split(':')[0]!),
    ['mount-lower'],
  ],
  [
    "a container's init layer stands on other layers",
    (p) => copy(p.overlay('app', 1, 'lower'), p.init('lower')),
    ['mount-lower'],
  ],
  [
    'the folder of a container is gone',
    (p) => remove(dirname(p.containerConfig)),
    ['mount-without-container'],
  ],
  [
    'the mount of a container is gone',
    (p) => remove(p.mount()),
    ['container-without-mount', 'orphan-directory'],
  ],
  ["a container's config is empty", (p) => put(p.containerConfig, ''), ['container-config']],
  [
    "a container's config is cut off",
    (p) => edit(p.containerConfig, (text) => text.slice(0, 99)),
    ['container-config'],
  ],
  ["a container's config is not there", (p) => remove(p.containerConfig), ['container-config']],
  ["a container's config is a FIFO", (p) => fifo(p.containerConfig), ['container-config']],
  [
    "a container's config is of another one",
    (p) => editConfig(p, { ID: 'f'.repeat(64) }),
    ['container-config'],
  ],
  [
    'a container is of another image than its layers',
    (p) => editConfig(p, { Image: p.store.image('kit').imageId }),
    ['container-other-image'],
  ],
  [
    'a container was moved to another chain by its mount alone',
    (p) => put(p.mount('parent'), p.store.image('kit').chainIds.at(-1)!),
    ['committed-missing', 'container-other-image', 'mount-lower'],
  ],
  [
    'the image of a container is gone',
    (p) => editConfig(p, { Image: UNKNOWN }),
    ['container-image-gone'],
  ],
  [
    'a container is of another driver',
    (p) => editConfig(p, { Driver: 'btrfs' }),
    ['container-other-driver'],
  ],
  [
    'a container is noted as running, and is not',
    (p) => {
      editConfig(p, { State: { Running: true, Pid: 2 ** 22 + 1 } });
    },
    ['container-dead'],
  ],
];
