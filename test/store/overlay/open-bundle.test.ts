import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect } from 'chai';
import fc from 'fast-check';

import { RebaseError } from '../../../src/errors.ts';
import { openBundle, type OpenBundle } from '../../../src/store/overlay/open-bundle.ts';
import { rejection } from '../../daemon/rejection.ts';
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts';
import {
  archiveOf,
  bundleOf,
  memberBytes,
  soundBundle,
  sumOf,
  type HandMade,
  type Json,
  type Member,
} from './hand-made-bundle.ts';

describe('store/overlay/open-bundle', () => {
  let folder: string;
  beforeEach(() => {
    folder = makeTempDir();
  });
  afterEach(removeTempDirs);

  it('opens a sound bundle and says what it lays on the old base', async () => {
    const bundle = await opened(bundleOf(archiveOf(soundBundle())));
    expect(bundle.index.entries.map(({ path }) => path)).to.deep.equal([
      ...['', 'etc', 'etc/file', 'etc/hard', 'etc/link', 'etc/null'],
    ]);
    expect([...bundle.index.whiteouts]).to.deep.equal(['etc/gone']);
    expect([bundle.files, bundle.bytes]).to.deep.equal([4, 5]);
    expect(bundle.manifest.entries.find(({ path }) => path === 'etc/there')).to.deep.include({
      ...{ carried: false, size: 7, uid: 0, sha256: undefined },
    });
    bundle.close();
    bundle.close();
  });

  it('gives the archive without its manifest, and tells of the bytes it reads', async () => {
    const file = write(bundleOf(archiveOf(soundBundle())));
    const told: number[] = [];
    const bundle = await openBundle(file, {
      progress: (_what, step) => {
        if (typeof step === 'object') told.push(step.done);
      },
    });
    const pieces: Uint8Array[] = [];
    for await (const piece of bundle.archive()) pieces.push(piece);
    bundle.close();
    const archive = Buffer.concat(pieces);
    expect(archive.subarray(0, 6).toString('latin1')).to.equal('diff/\0');
    expect(told.at(-1)).to.equal(readFileSync(file).length);
  });

  it('never gives another archive than the one that was verified', async () => {
    const { manifest, members } = soundBundle();
    const file = write(bundleOf(archiveOf({ manifest, members })));
    const bundle = await openBundle(file);
    // As large, and sound by itself.
    const bytes = readFileSync(file);
    bytes[4] = 1;
    writeFileSync(file, bytes);
    const error = await rejection('BAD_BUNDLE', async () => {
      for await (const piece of bundle.archive()) expect(piece.length).to.be.greaterThan(0);
    });
    expect(error.message).to.contain('changed since it was verified');
    bundle.close();
  });

  it('stops at a signal', async () => {
    const file = write(bundleOf(archiveOf(soundBundle())));
    const reason = new RebaseError('INTERRUPTED', 'stopped');
    const error = await rejection('INTERRUPTED', () =>
      openBundle(file, { signal: AbortSignal.abort(reason) }),
    );
    expect(error).to.equal(reason);
  });

  it('reads regular files only', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    mkdirSync(join(folder, 'folder'));
    symlinkSync('nowhere', join(folder, 'link'));
    for (const file of [fifo, join(folder, 'folder'), join(folder, 'link'), '/dev/zero']) {
      await rejection('USAGE', () => openBundle(file));
    }
  });

  const withManifest = (changes: Json): HandMade => {
    const { manifest, members } = soundBundle();
    return { manifest: { ...manifest, ...changes }, members };
  };
  const entries = (): Json[] => soundBundle().manifest['entries'] as Json[];
  /** One entry and its member changed. */
  const changed = (path: string, entry: Json, member: Partial<Member> = {}): HandMade => ({
    manifest: {
      ...soundBundle().manifest,
      entries: entries().map((each) => (each['path'] === path ? { ...each, ...entry } : each)),
    },
    members: soundBundle().members.map((each) =>
      each.name === `diff/${path}` ? { ...each, ...member } : each,
    ),
  });
  const withMembers = (change: (members: readonly Member[]) => readonly Member[]): HandMade => {
    const { manifest, members } = soundBundle();
    return { manifest, members: change(members) };
  };
  const also = (member: Member): HandMade => withMembers((all) => [...all, member]);
  const alsoBoth = (entry: Json, member: Member): HandMade => ({
    manifest: {
      ...soundBundle().manifest,
      entries: [...entries(), { mode: '0644', carried: true, ...entry }],
    },
    members: [...soundBundle().members, member],
  });

  const lies: [string, string, HandMade][] = [
    ['a later format', 'later version', withManifest({ schema: 'rebase-image/overlay-bundle/v2' })],
    ['another document', 'schema', withManifest({ schema: 'rebase-image/plan/v1' })],
    [
      'layers of another chain',
      'chainId',
      withManifest({ old: { ...(soundBundle().manifest['old'] as Json), diffIds: [] } }),
    ],
    ['a version that is no name', 'version', withManifest({ version: '../../x' })],
    ['no root', 'begin with the root', withManifest({ entries: entries().slice(1) })],
    ['no entries', 'no entries', withManifest({ entries: [] })],
    [
      'a root that is a file',
      'begin with the root',
      changed('', { type: 'file', sha256: sumOf('') }),
    ],
    ['an entry twice', 'twice', withManifest({ entries: [...entries(), entries()[2]] })],
    ['a whiteout twice', 'deletes', withManifest({ whiteouts: ['etc/gone', 'etc/gone'] })],
    ['a whiteout of what is there', 'deletes', withManifest({ whiteouts: ['etc/there'] })],
    ['a whiteout of the root', 'a path', withManifest({ whiteouts: [''] })],
    ['a mode of more bits', 'mode', changed('etc/file', { mode: '100644' })],
    ['an owner that is none', 'owner', changed('etc/file', { uid: 2 ** 32 })],
    ['a size that is none', 'size', changed('etc/file', { size: -1 })],
    ['a file without a checksum', 'sha256', changed('etc/file', { sha256: undefined })],
    ['a hard link to a directory', 'hard link', changed('etc/hard', { hardLinkOf: 'etc' })],
    ['a hard link to a later name', 'hard link', changed('etc/file', { hardLinkOf: 'etc/hard' })],
    [
      'a hard link to what is not carried',
      'hard link',
      changed('etc/hard', { hardLinkOf: 'etc/there' }),
    ],
    ['a hard link that is a device', 'hard link', changed('etc/null', { hardLinkOf: 'etc/file' })],
    [
      'a path outside',
      'a path',
      alsoBoth({ path: '../x', type: 'fifo' }, { name: 'diff/../x', type: '6' }),
    ],
    [
      'an absolute path',
      'a path',
      alsoBoth({ path: '/x', type: 'fifo' }, { name: 'diff//x', type: '6' }),
    ],
    [
      'a path with an empty name',
      'a path',
      alsoBoth({ path: 'etc//x', type: 'fifo' }, { name: 'diff/etc//x', type: '6' }),
    ],
    [
      'a path with a NUL',
      'a path',
      alsoBoth({ path: 'etc/x\0y', type: 'fifo' }, { name: 'diff/etc/x', type: '6' }),
    ],
    [
      'a path of wide characters',
      'a path',
      alsoBoth({ path: 'etc/\u0142', type: 'fifo' }, { name: 'diff/etc/B', type: '6' }),
    ],
    [
      'a file through a symlink',
      'no directory',
      alsoBoth({ path: 'etc/link/x', type: 'fifo' }, { name: 'diff/etc/link/x', type: '6' }),
    ],
    [
      'a file in no directory',
      'no directory',
      alsoBoth({ path: 'opt/x', type: 'fifo' }, { name: 'diff/opt/x', type: '6' }),
    ],
    ['a device 0:0', 'a device', changed('etc/null', { device: '0:0' }, { major: 0, minor: 0 })],
  ];
  for (const [name, why, bundle] of lies) {
    it(`refuses a manifest with ${name}`, () => refused(bundleOf(archiveOf(bundle)), why));
  }

  const hostile: [string, string, HandMade][] = [
    [
      'a member that is not in the manifest',
      'not in its manifest',
      also({ name: 'diff/etc/more' }),
    ],
    ['a member outside diff', 'outside', also({ name: 'etc/passwd' })],
    ['an absolute name', 'outside', also({ name: '/etc/passwd' })],
    ['a name with ..', 'before the directory', also({ name: 'diff/../etc/passwd' })],
    ['a name that only begins with diff', 'outside', also({ name: 'diff-x/y' })],
    ['a second manifest', 'outside', also({ name: 'manifest.json', content: '{}' })],
    ['a name twice', 'twice', withMembers((all) => [...all, all[3]!])],
    ['a directory twice', 'twice', withMembers((all) => [...all, all[1]!])],
    [
      'a name before its directory',
      'before the directory',
      withMembers(([a, b, ...all]) => [a!, ...all, b!]),
    ],
    ['a name less', 'lacks 1', withMembers((all) => all.slice(0, -1))],
    ['a whiteout less', 'lacks 1', withMembers((all) => all.filter(({ mode }) => mode !== 0))],
    ['nothing but the manifest', 'lacks 7', withMembers(() => [])],
    ['other content', 'not the one', changed('etc/file', {}, { content: 'hallo' })],
    ['more content', 'manifest says', changed('etc/file', {}, { content: 'hello!' })],
    ['another mode', 'manifest says', changed('etc/file', {}, { mode: 0o755 })],
    ['another owner', 'manifest says', changed('etc/file', {}, { uid: 1 })],
    [
      'a symlink for a file',
      'manifest says',
      changed('etc/file', {}, { type: '2', linkName: '/etc/passwd', content: '' }),
    ],
    [
      'a device for a file',
      'manifest says',
      changed('etc/file', {}, { type: '4', major: 8, content: '' }),
    ],
    [
      'a file for a directory',
      'manifest says',
      withMembers((all) =>
        all.map((each) =>
          each.name === 'diff/etc/' ? { ...each, name: 'diff/etc', type: '0' } : each,
        ),
      ),
    ],
    [
      'a file whose name ends in a slash',
      'before the directory',
      changed('etc/file', {}, { name: 'diff/etc/file/' }),
    ],
    ['another target', 'manifest says', changed('etc/link', {}, { linkName: '/other' })],
    ['another device', 'manifest says', changed('etc/null', {}, { minor: 4 })],
    [
      'a hard link to a file of the host',
      'manifest says',
      changed('etc/hard', {}, { linkName: '/etc/passwd' }),
    ],
    [
      'a hard link with ..',
      'manifest says',
      changed('etc/hard', {}, { linkName: 'diff/../../etc/passwd' }),
    ],
    [
      'a hard link before its file',
      'manifest says',
      withMembers(([a, b, c, d, e, ...all]) => [a!, b!, c!, e!, d!, ...all]),
    ],
    ['a file for a deletion', 'in place of a deletion', changed('etc/gone', {}, { type: '0' })],
    ['a deletion with a mode', 'in place of a deletion', changed('etc/gone', {}, { mode: 0o4755 })],
    ['content of a directory', 'no file', changed('etc/', {}, { content: 'x' })],
    ['content of a hard link', 'no file', changed('etc/hard', {}, { content: 'hello' })],
    ...[
      'trusted.overlay.redirect',
      'user.overlay.opaque',
      'security.selinux',
      'security.ima',
      'system.nfs4_acl',
    ].map((xattr): [string, string, HandMade] => [
      `the attribute ${xattr}`,
      'marks',
      changed('etc/file', {}, { xattrs: new Map([[xattr, Buffer.from('x')]]) }),
    ]),
    [
      'a long name of old GNU tar',
      'header that GNU',
      also({ name: 'diff/etc/x', type: 'L' as '0', content: 'y' }),
    ],
  ];
  for (const [name, why, bundle] of hostile) {
    it(`refuses an archive with ${name}`, () => refused(bundleOf(archiveOf(bundle)), why));
  }

  it('takes attributes, ACLs and capabilities', async () => {
    const names = ['user.a', 'trusted.b', 'security.capability', 'system.posix_acl_access'];
    const xattrs = new Map(names.map((name) => [name, Buffer.from('\0\n=x')]));
    (await opened(bundleOf(archiveOf(changed('etc/file', {}, { xattrs }))))).close();
  });

  const sound = (): Buffer => archiveOf(soundBundle());
  /** A block of the archive changed, and its checksum made right again. */
  const patched = (block: number, change: (header: Buffer) => void): Buffer => {
    const archive = sound();
    const header = archive.subarray(block * 512, block * 512 + 512);
    change(header);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return archive;
  };
  const root = 1 + Math.ceil(JSON.stringify(soundBundle().manifest).length / 512);
  const withRecord = (key: string, value: string): Buffer => {
    const record = (length: number): string => `${length} ${key}=${value}\n`;
    const length = [...Array(9).keys()]
      .map((digits) => `${key}=${value}\n`.length + 1 + digits)
      .find((each) => record(each).length === each)!;
    const extension = memberBytes({ name: 'PaxHeaders/x', type: 'x', content: record(length) });
    const at = root * 512;
    return Buffer.concat([sound().subarray(0, at), extension, sound().subarray(at)]);
  };
  const oddTars: [string, string, () => Buffer][] = [
    ['nothing in it', 'empty', () => Buffer.alloc(0)],
    ['no manifest in front', 'does not begin', () => sound().subarray(root * 512)],
    ['a manifest that is no file', 'no file', () => patched(0, (header) => header.write('5', 156))],
    [
      'a manifest of 8 GiB',
      'too large',
      () => patched(0, (header) => header.write('77777777777', 124)),
    ],
    [
      'a header of other numbers',
      'GNU tar does not',
      () => patched(root, (header) => header.write('     755', 100)),
    ],
    [
      'a base-256 number',
      'GNU tar does not',
      () => patched(root, (header) => header.fill(0x80, 108, 109)),
    ],
    [
      'a name of an owner',
      'GNU tar does not',
      () => patched(root, (header) => header.write('root', 265)),
    ],
    ['a prefix', 'GNU tar does not', () => patched(root, (header) => header.write('/', 345))],
    [
      'a header of old GNU tar',
      'GNU tar does not',
      () => patched(root, (header) => header.write('ustar  \0', 257)),
    ],
    [
      'an unknown type',
      'GNU tar does not',
      () => patched(root, (header) => header.write('7', 156)),
    ],
    ['a sparse type', 'GNU tar does not', () => patched(root, (header) => header.write('S', 156))],
    [
      'a global header',
      'GNU tar does not',
      () => patched(root, (header) => header.write('g', 156)),
    ],
    ['a PAX header of a sparse file', 'unknown kind', () => withRecord('GNU.sparse.major', '1')],
    [
      'a PAX header with a host label',
      'unknown kind',
      () => withRecord('RHT.security.selinux', 'x'),
    ],
    [
      'a PAX header with names of users',
      'unknown kind',
      () => withRecord('SCHILY.acl.access', 'user::rwx'),
    ],
    ['a PAX header that renames', 'before the directory', () => withRecord('path', 'diff/../x')],
    ['a PAX header with a size', 'no file', () => withRecord('size', '512')],
    ['a huge PAX header', 'too large', () => withRecord('user.x', 'x'.repeat(2 ** 20))],
    [
      'two PAX headers',
      'without a member',
      () => {
        const one = withRecord('mtime', '1');
        return Buffer.concat([
          one.subarray(0, root * 512),
          one.subarray(root * 512, (root + 2) * 512),
          one.subarray(root * 512),
        ]);
      },
    ],
    [
      'a damaged header',
      'checksum',
      () => {
        const archive = sound();
        archive.write('x', root * 512);
        return archive;
      },
    ],
  ];
  for (const [name, why, archive] of oddTars) {
    it(`refuses a tar with ${name}`, () => refused(bundleOf(archive()), why));
  }

  const whole = (): Buffer => bundleOf(sound());
  const oddFiles: [string, string, () => Buffer][] = [
    ['that is empty', 'cut short|empty', () => Buffer.alloc(0)],
    ['that is no gzip', 'no gzip', () => Buffer.from('PK\x03\x04 and more of it')],
    ['without the last byte', 'cut short', () => whole().subarray(0, -1)],
    ['cut in its middle', 'cut short', () => whole().subarray(0, whole().length / 2)],
    [
      'with another checksum',
      'damaged',
      () => {
        const file = whole();
        file[file.length - 6]! ^= 1;
        return file;
      },
    ],
    [
      'with garbage after it',
      'damaged|follows|cut short',
      () => Buffer.concat([whole(), Buffer.from('x')]),
    ],
    ['with zeros after it', 'follows', () => Buffer.concat([whole(), Buffer.alloc(300)])],
    ['with another gzip after it', 'does not end', () => Buffer.concat([whole(), gzipSync('x')])],
    ['without the end of the tar', 'ends', () => gzipSync(sound())],
    ['cut between two members', 'ends', () => gzipSync(sound().subarray(0, root * 512))],
    [
      'cut in a content',
      'ends|not the one',
      () => gzipSync(sound().subarray(0, (root + 4) * 512 + 2)),
    ],
    [
      'with more zeros than a tar ends with',
      'does not end',
      () => gzipSync(Buffer.concat([sound(), Buffer.alloc(2 ** 20)])),
    ],
    [
      'with something after the tar',
      'does not end',
      () => gzipSync(Buffer.concat([sound(), Buffer.alloc(1024), Buffer.from('x')])),
    ],
    [
      'whose manifest is no JSON',
      'manifest',
      () => bundleOf(memberBytes({ name: 'manifest.json', content: '{' })),
    ],
    [
      'whose manifest is no object',
      'manifest',
      () => bundleOf(memberBytes({ name: 'manifest.json', content: '[]' })),
    ],
    [
      'whose manifest is nested deeply',
      'manifest',
      () => bundleOf(memberBytes({ name: 'manifest.json', content: '['.repeat(200_000) })),
    ],
  ];
  for (const [name, why, file] of oddFiles) {
    it(`refuses a file ${name}`, () => refused(file(), why));
  }

  it('takes no changed byte of the file for another bundle', async () => {
    const bytes = bundleOf(archiveOf(soundBundle()));
    const expected = indexText(await opened(bytes));
    await fc.assert(
      fc.asyncProperty(damage(bytes.length), async (damaged) => {
        await sameOrRefused(damaged(bytes), expected);
      }),
      { numRuns: 400 },
    );
  });

  it('takes no changed byte of the archive for another bundle', async () => {
    const archive = Buffer.concat([sound(), Buffer.alloc(1024)]);
    const expected = indexText(await opened(gzipSync(archive)));
    const at = root * 512;
    await fc.assert(
      fc.asyncProperty(damage(archive.length - at), async (damaged) => {
        const changedTail = damaged(archive.subarray(at));
        await sameOrRefused(
          gzipSync(Buffer.concat([archive.subarray(0, at), changedTail])),
          expected,
        );
      }),
      { numRuns: 400 },
    );
  });

  it('ends with nothing but a refusal for whatever is done to a manifest', async () => {
    const text = JSON.stringify(soundBundle().manifest);
    const rest = sound().subarray(root * 512);
    await fc.assert(
      fc.asyncProperty(damage(text.length), async (damaged) => {
        const content = damaged(Buffer.from(text)).toString('latin1');
        const manifest = memberBytes({ name: 'manifest.json', content });
        await sameOrRefused(bundleOf(Buffer.concat([manifest, rest])), undefined);
      }),
      { numRuns: 400 },
    );
  });

  function write(bytes: Buffer): string {
    const file = join(folder, 'bundle.tar.gz');
    writeFileSync(file, bytes);
    return file;
  }

  function opened(bytes: Buffer): Promise<OpenBundle> {
    return openBundle(write(bytes));
  }

  async function refused(bytes: Buffer, why: string): Promise<void> {
    const error = await rejection('BAD_BUNDLE', () => opened(bytes));
    expect(error.message).to.match(new RegExp(why));
    expect(error.message).to.contain(join(folder, 'bundle.tar.gz'));
  }

  /** `expected`: undefined where another sound bundle may come out. */
  async function sameOrRefused(bytes: Buffer, expected: string | undefined): Promise<void> {
    try {
      const bundle = await opened(bytes);
      bundle.close();
      if (expected !== undefined) expect(indexText(bundle)).to.equal(expected);
    } catch (error) {
      if (!(error instanceof RebaseError)) throw error;
      expect(error.code).to.equal('BAD_BUNDLE');
    }
  }
});

function indexText({ manifest, index }: OpenBundle): string {
  return JSON.stringify([manifest, index.entries, [...index.whiteouts]]);
}

/** Bytes flipped, left out, put in or doubled, somewhere. */
function damage(length: number): fc.Arbitrary<(bytes: Buffer) => Buffer> {
  const at = fc.nat(length - 1);
  const cut = (bytes: Buffer, from: number, to: number, between: Buffer): Buffer =>
    Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(Math.max(from, to))]);
  return fc.oneof(
    fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(([place, bits]) => (bytes: Buffer) => {
      const flipped = Buffer.from(bytes);
      flipped[place]! ^= bits;
      return flipped;
    }),
    at.map((place) => (bytes: Buffer) => bytes.subarray(0, place)),
    fc.tuple(at, fc.nat(600)).map(
      ([place, count]) =>
        (bytes: Buffer) =>
          cut(bytes, place, place + count, Buffer.alloc(0)),
    ),
    fc.tuple(at, fc.uint8Array({ minLength: 1, maxLength: 600 })).map(
      ([place, more]) =>
        (bytes: Buffer) =>
          cut(bytes, place, place, Buffer.from(more)),
    ),
    fc.tuple(at, at).map(
      ([from, to]) =>
        (bytes: Buffer) =>
          cut(bytes, from, from, bytes.subarray(to, to + 512)),
    ),
  );
}
