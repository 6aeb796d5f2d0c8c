/** Random layers in OverlayFS form, few names in them, so that the layers of a stack meet. */
import { mkdirSync } from 'node:fs';

import fc from 'fast-check';

import {
  END_OF_ARCHIVE,
  headerBytes,
  paddingOf,
  type TarHeader,
} from '../../support/store/tar-header.ts';
import { must } from './must.ts';

export type Kind =
  'dir' | 'opaque' | 'file' | 'large' | 'symlink' | 'hardlink' | 'whiteout' | 'fifo' | 'char';

export interface Item {
  readonly kind: Kind;
  readonly mode: number;
  readonly owner: number;
  /** Seconds with a fraction, as PAX has it. */
  readonly mtime: string;
  readonly extra: Extra;
}

/** What besides mode and owner a name may have. */
export type Extra = 'nothing' | 'xattr' | 'capability' | 'acl' | 'stale mark';

/** One layer: what is at each path; parents come before what is in them. */
export type Layer = ReadonlyMap<string, Item>;

/** One of the names is no UTF-8. */
export function arbitraryLayer(): fc.Arbitrary<Layer> {
  const name = fc.constantFrom('a', 'b', '\xff\n');
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const kind = fc.constantFrom<Kind>(
    ...(['dir', 'dir', 'opaque', 'file', 'file', 'large', 'symlink', 'hardlink'] as const),
    ...(['hardlink', 'whiteout', 'whiteout', 'fifo', 'char'] as const),
  );
  const item = fc.record({
    kind,
    mode: fc.constantFrom(0o644, 0o4755, 0o1777, 0o0),
    owner: fc.constantFrom(0, 1, 70_000),
    mtime: fc.nat(999_999_999).map((fraction) => `1500000000.${String(fraction).padStart(9, '0')}`),
    extra: fc.constantFrom<Extra>('nothing', 'xattr', 'capability', 'acl', 'stale mark'),
  });
  const root = fc.option(item.map((each) => ['', { ...each, kind: 'dir' }] as const));
  return fc
    .tuple(root, fc.array(fc.tuple(path, item), { maxLength: 12 }))
    .map(([top, items]) => possible(top === null ? items : [top, ...items]));
}

/** A layer of these kinds, by path. */
export function layer(kinds: Record<string, Kind>): Layer {
  return possible(
    Object.entries(kinds).map(([path, kind]) => [
      path,
      { kind, mode: 0o700, owner: 1, mtime: '1400000000.123456789', extra: 'nothing' },
    ]),
  );
}

/** What of it can be in one layer: a path is one thing, and only directories have something in them. */
function possible(wanted: readonly (readonly [string, Item])[]): Layer {
  const items = new Map<string, Item>();
  for (const [path, item] of wanted) {
    const parents =
      path === '' ? [] : path.split('/').map((_, depth, names) => names.slice(0, depth).join('/'));
    const isBlocked = parents.some((parent) => {
      const there = items.get(parent)?.kind ?? 'dir';
      return there !== 'dir' && there !== 'opaque';
    });
    if (isBlocked || items.has(path)) continue;
    for (const parent of parents.slice(1)) {
      if (!items.has(parent)) items.set(parent, { ...item, ...PLAIN_DIRECTORY });
    }
    const isLink = item.kind === 'whiteout' || item.kind === 'symlink';
    items.set(path, isLink ? { ...item, mode: 0o777 } : item);
  }
  return new Map([...items].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const PLAIN_DIRECTORY = { kind: 'dir', mode: 0o755, owner: 0, extra: 'nothing' } as const;

/** Writes a layer into a new folder; files of another `seed` have other contents. */
export function writeLayer(folder: string, items: Layer, seed: number | string): void {
  mkdirSync(folder, { recursive: true });
  const members = [...items].map(([path, item]) => member(path, item, items, seed));
  const archive = Buffer.concat([...members, END_OF_ARCHIVE]);
  const options = ['--xattrs', '--xattrs-include=*', '--acls', '--numeric-owner', '--same-owner'];
  must('tar', ['-C', folder, ...options, '--delay-directory-restore', '-xpf', '-'], archive);
}

function member(path: string, item: Item, items: Layer, seed: number | string): Buffer {
  const { kind, mode, owner, mtime } = item;
  // A hard link goes to the first file of the layer, which is in front of it.
  const isFile = (other: Item): boolean => other.kind === 'file' || other.kind === 'large';
  const [file] = [...items].find(([, other]) => isFile(other)) ?? [path];
  const isLink = kind === 'hardlink' && file < path;
  const text = isFile(item) || (kind === 'hardlink' && !isLink) ? `${seed} ${path} ` : '';
  const content = kind === 'large' ? text.repeat(Math.ceil(65_536 / text.length)) : text;
  const types = {
    dir: '5',
    opaque: '5',
    file: '0',
    large: '0',
    hardlink: isLink ? '1' : '0',
    symlink: '2',
    whiteout: '3',
    fifo: '6',
    char: '3',
  } as const;
  const { xattrs, acl } = extrasOf(item);
  const pax = new Map([['mtime', mtime], ...acl]);
  const header: TarHeader = {
    name: path === '' ? './' : path,
    type: types[kind],
    mode,
    uid: owner,
    gid: owner,
    mtime: Math.floor(Number(mtime)),
    size: content.length,
    ...(kind === 'symlink' ? { linkName: 'b' } : isLink ? { linkName: file } : {}),
    ...(kind === 'char' ? { major: 1, minor: 3 } : {}),
    ...(isLink ? {} : { xattrs, pax }),
  };
  return Buffer.concat([
    headerBytes(header),
    Buffer.from(content, 'latin1'),
    paddingOf(content.length),
  ]);
}

/** cap_net_raw+ep, as linux/capability.h has it (VFS_CAP_REVISION_2). */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');

function extrasOf({ kind, extra }: Item): {
  xattrs: ReadonlyMap<string, Buffer>;
  acl: ReadonlyMap<string, string>;
} {
  const isDirectory = kind === 'dir' || kind === 'opaque';
  const isPlain = isDirectory || kind === 'file' || kind === 'large';
  const xattrs = new Map<string, Buffer>();
  const acl = new Map<string, string>();
  if (kind === 'opaque') xattrs.set('trusted.overlay.opaque', Buffer.from('y'));
  if (extra === 'xattr' && kind !== 'whiteout') xattrs.set('trusted.note', Buffer.from([0, 255]));
  if (extra === 'xattr' && isPlain) xattrs.set('user.note', Buffer.from('hello\n'));
  if (extra === 'capability' && isPlain && !isDirectory) {
    xattrs.set('security.capability', CAPABILITY);
  }
  if (extra === 'stale mark' && isDirectory) xattrs.set('trusted.overlay.impure', Buffer.from('y'));
  if (extra === 'acl' && isPlain) {
    acl.set('SCHILY.acl.access', 'user::rwx,user:1000:r-x,group::r-x,mask::r-x,other::r--');
  }
  if (extra === 'acl' && isDirectory) {
    acl.set('SCHILY.acl.default', 'user::rwx,user:1001:rw-,group::r-x,mask::rwx,other::---');
  }
  return { xattrs, acl };
}
