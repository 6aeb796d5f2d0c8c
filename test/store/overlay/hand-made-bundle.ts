/** Bundles made by hand, byte by byte: what GNU tar would not write, and manifests that lie. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { exampleBase } from '../../support/packed-bundle.ts';
import { headerBytes, paddingOf, type TarHeader } from '../../support/store/tar-header.ts';

export type Member = Partial<Omit<TarHeader, 'size'>> & {
  readonly name: string;
  readonly content?: string;
};
export type Json = Record<string, unknown>;

export interface HandMade {
  readonly manifest: Json;
  readonly members: readonly Member[];
}

/** A sound bundle with one of each. */
export function soundBundle(): HandMade {
  const entries = [
    { path: '', type: 'directory', mode: '0755', carried: true },
    { path: 'etc', type: 'directory', mode: '1777', uid: 1, gid: 2, carried: true },
    {
      path: 'etc/file',
      type: 'file',
      mode: '4755',
      size: 5,
      carried: true,
      sha256: sumOf('hello'),
    },
    {
      ...{ path: 'etc/hard', type: 'file', mode: '4755', size: 5, carried: true },
      hardLinkOf: 'etc/file',
    },
    { path: 'etc/link', type: 'symlink', mode: '0777', target: '/abs', carried: true },
    { path: 'etc/null', type: 'char', mode: '0666', device: '1:3', carried: true },
    { path: 'etc/there', type: 'file', mode: '0644', size: 7 },
  ];
  const manifest = {
    ...{ schema: 'rebase-image/overlay-bundle/v1', tool: '1.0.0' },
    ...{ architecture: 'amd64', os: 'linux', version: '2', union: false },
    ...{ old: exampleBase('base:1', ['one']), new: exampleBase('base:2', ['one', 'two']) },
    root: { uid: 0, gid: 0 },
    entries,
    whiteouts: ['etc/gone'],
  };
  const members: Member[] = [
    { name: 'diff/', type: '5', mode: 0o755 },
    { name: 'diff/etc/', type: '5', mode: 0o1777, uid: 1, gid: 2 },
    { name: 'diff/etc/gone', type: '3', mode: 0 },
    { name: 'diff/etc/file', content: 'hello', mode: 0o4755 },
    { name: 'diff/etc/hard', type: '1', linkName: 'diff/etc/file', mode: 0o4755 },
    { name: 'diff/etc/link', type: '2', linkName: '/abs', mode: 0o777 },
    { name: 'diff/etc/null', type: '3', mode: 0o666, major: 1, minor: 3 },
  ];
  return { manifest, members };
}

/** The members of the archive, the manifest's own included, without the end. */
export function archiveOf({ manifest, members }: HandMade): Buffer {
  const text = JSON.stringify(manifest);
  return Buffer.concat([{ name: 'manifest.json', content: text }, ...members].map(memberBytes));
}

export function memberBytes({ content = '', type = '0', ...rest }: Member): Buffer {
  const header = { mode: 0o644, uid: 0, gid: 0, mtime: 0, ...rest, type };
  const bytes = Buffer.from(content);
  return Buffer.concat([
    headerBytes({ ...header, size: bytes.length }),
    bytes,
    paddingOf(bytes.length),
  ]);
}

/** The file. */
export function bundleOf(archive: Buffer): Buffer {
  return gzipSync(Buffer.concat([archive, Buffer.alloc(1024)]));
}

export function sumOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
