/** What this program puts beside the files of a layer: versions, their records, and the links to them. */
import { chmodSync } from 'node:fs';

import type { OverlayVersion } from '../../../src/domain/overlay/version.ts';
import { asChainID, asImageID } from '../../../src/domain/digest.ts';
import {
  leadTo,
  linkIn,
  makeFolder,
  put,
  TOP,
  type Damage,
  type Patient,
} from '../damaged-store.ts';

const FOLDER = 'diff.2';
const RECORD = 'rebase-image.2.json';

function recordOf(p: Patient, changes: Partial<OverlayVersion> = {}): string {
  const { imageId, chainIds } = p.store.image('base');
  const base = {
    name: 'base:1',
    imageId: asImageID(imageId)!,
    chainId: asChainID(chainIds.at(-1))!,
  };
  const version: OverlayVersion = {
    version: '2',
    base,
    shows: { ...base, name: 'base:2\u001b[31m' },
    union: false,
    transaction: 1,
    ...changes,
  };
  return JSON.stringify(version);
}

function build(p: Patient, record = recordOf(p)): void {
  makeFolder(p.overlay('base', TOP, FOLDER));
  put(p.overlay('base', TOP, RECORD), record);
}

function show(p: Patient, folder = FOLDER): void {
  leadTo(p.linkOf('base', TOP), `../${p.store.image('base').cacheIds.at(-1)!}/${folder}`);
}

/** A record that says nothing of use, beside a version that is shown. */
const unknownBy = (name: string, record: (p: Patient) => string): Damage => [
  name,
  (p) => {
    build(p, record(p));
    show(p);
  },
  ['version-leftover', 'version-unknown'],
];

export const VERSIONS_DAMAGES: readonly Damage[] = [
  ['a version that is whole and not shown is none', build, []],
  [
    'a version that is whole and shown is none',
    (p) => {
      build(p);
      show(p);
    },
    ['base-modified'],
  ],
  ['the version that is shown is not there', show, ['version-missing']],
  [
    'the version that is shown is a file',
    (p) => {
      put(p.overlay('base', TOP, FOLDER), '');
      show(p);
    },
    ['version-unknown'],
  ],
  [
    'the version that is shown is a symlink out of the store',
    (p) => {
      put(p.overlay('base', TOP, RECORD), recordOf(p));
      leadTo(p.overlay('base', TOP, FOLDER), '/etc');
      show(p);
    },
    ['version-leftover', 'version-unknown'],
  ],
  [
    'the version that is shown has no record',
    (p) => {
      makeFolder(p.overlay('base', TOP, FOLDER));
      show(p);
    },
    ['version-unknown'],
  ],
  unknownBy('its record is no JSON', () => '{"version":'),
  unknownBy('its record is a list', () => '[]'),
  unknownBy('its record is of another version', (p) => recordOf(p, { version: '3' })),
  unknownBy('its record names a path', (p) => recordOf(p, { version: '../../etc' })),
  [
    'its record is a symlink to a file of the host',
    (p) => {
      makeFolder(p.overlay('base', TOP, FOLDER));
      leadTo(p.overlay('base', TOP, RECORD), '/etc/hostname');
      show(p);
    },
    ['version-leftover', 'version-unknown'],
  ],
  [
    'l/<link> leads to a name that no version has',
    (p) => {
      show(p, 'diff.2/../x');
    },
    ['link-target'],
  ],
  [
    'a version has no record, and is not shown',
    (p) => makeFolder(p.overlay('base', TOP, FOLDER)),
    ['version-leftover'],
  ],
  [
    'a record has no version',
    (p) => put(p.overlay('base', TOP, RECORD), recordOf(p)),
    ['version-leftover'],
  ],
  [
    'a run has left what it had begun',
    (p) => {
      makeFolder(p.overlay('base', TOP, 'rebase-image-9-build'));
      chmodSync(p.overlay('base', TOP, 'rebase-image-9-build'), 0o700);
    },
    ['version-leftover'],
  ],
  [
    "a container's link leads to a version",
    (p) => {
      const { mountId } = p.store.container('box');
      leadTo(linkIn(p.upper('link')), `../${mountId}/${FOLDER}`);
    },
    ['mount-link'],
  ],
];
