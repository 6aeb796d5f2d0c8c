import { expect } from 'chai';

import { shadowedCheck } from '../../src/checks/shadowed.ts';
import {
  contentFacts,
  directory,
  elf,
  file,
  findingsOf,
  judged,
  layer,
  layerWithoutChecksums,
  opaque,
  program,
  special,
  symlink,
  whiteout,
  type Example,
  type Item,
} from './example-content.ts';

function findings(example: Example) {
  return findingsOf(shadowedCheck, contentFacts(example));
}

/** The findings of one path that the app layers hold as `app`, and the bases as `old` and `fresh`. */
function at(path: string, old: Item | undefined, fresh: Item | undefined, app: Item) {
  const base = (item: Item | undefined) => [layer(item === undefined ? {} : { [path]: item })];
  return findings({ oldBase: base(old), newBase: base(fresh), app: [layer({ [path]: app })] });
}

describe('shadowed', () => {
  describe('what is one', () => {
    it('a file that differs between the bases, and in the app layers', () => {
      const [found, ...rest] = at('srv/x', file('old'), file('new'), file('app'));
      expect(rest).to.deep.equal([]);
      expect(found).to.include({ check: 'shadowed', severity: 'review', path: '/srv/x' });
      expect(found?.message).to.include('hide 1 other file of the new base: /srv/x');
      expect(found?.layers).to.have.length(2);
    });

    it('the app holds the old version unchanged', () => {
      expect(at('srv/x', file('old'), file('new'), file('old'))).to.have.length(1);
    });

    it('a file of an app layer that the tree shows as the same layer of another chain', () => {
      const [example, other] = [layer({ 'srv/x': file('app') }), layer({ 'srv/y': file() })];
      const facts = contentFacts({
        oldBase: [layer({ 'srv/x': file('old') })],
        newBase: [layer({ 'srv/x': file('new') })],
        app: [example],
      });
      const app = [{ ...example, chainId: other.chainId }];
      expect(findingsOf(shadowedCheck, { ...facts, app })).to.have.length(1);
    });

    it('a file that only the new base has', () => {
      expect(at('srv/x', undefined, file('new'), file('app'))).to.have.length(1);
    });

    const differing: [string, Item, Item][] = [
      ['mode', file('x'), file('x', { mode: 0o600 })],
      ['setuid', program('x', { mode: 0o4755 }), program('x')],
      ['owner', file('x', { uid: 1 }), file('x')],
      ['group', file('x', { gid: 1 }), file('x')],
      ['type', file('x'), symlink('y')],
      ['link target', symlink('x'), symlink('y')],
      ['device', special('char', '1:3'), special('char', '1:5')],
      ['content of the same size', file('one'), file('two')],
    ];
    for (const [what, old, fresh] of differing) {
      it(`${what} differs between the bases`, () => {
        expect(at('srv/x', old, fresh, file('app'))).to.have.length(1);
      });
    }
  });

  describe('what is none', () => {
    it('files that are the same in both bases', () => {
      expect(at('srv/x', file('same'), file('same'), file('app'))).to.deep.equal([]);
    });

    it("the new base's own file", () => {
      expect(at('srv/x', file('old'), file('new'), file('new'))).to.deep.equal([]);
    });

    it('a file that the new base has no more', () => {
      expect(at('srv/x', file('old'), undefined, file('app'))).to.deep.equal([]);
    });

    it('a file that a higher app layer deletes again', () => {
      const [old, fresh] = [layer({ 'tmp/x': file('old') }), layer({ 'tmp/x': file('old') })];
      const app = [layer({ 'tmp/x': file('app') }), layer({ 'tmp/x': whiteout() })];
      expect(findings({ oldBase: [old], newBase: [fresh], app })).to.deep.equal([]);
    });

    it('files whose links and modes of links differ only', () => {
      expect(at('srv/x', symlink('y'), symlink('y'), file('app'))).to.deep.equal([]);
    });
  });

  it('groups by kind: two hundred files make a handful of lines', () => {
    const items = (content: string): Record<string, Item> =>
      Object.fromEntries(
        Array.from({ length: 200 }, (_, each) => {
          const folder = ['usr/lib', 'usr/bin', 'etc', 'srv', 'var/cache'][each % 5] ?? '';
          const name = folder === 'usr/lib' ? `lib${each}.so.1` : `file${each}`;
          return [`${folder}/${name}`, file(content)];
        }),
      );
    const found = findings({
      oldBase: [layer(items('old'))],
      newBase: [layer(items('new'))],
      app: [layer(items('app'))],
    });
    expect(found.map(({ severity, message }) => `${severity}: ${message}`)).to.deep.equal([
      'review: the app layers hide 40 library files of the new base: ' +
        '/usr/lib/lib0.so.1, /usr/lib/lib10.so.1, /usr/lib/lib100.so.1 and 37 more',
      'review: the app layers hide 40 programs of the new base: ' +
        '/usr/bin/file1, /usr/bin/file101, /usr/bin/file106 and 37 more',
      'note: the app layers hide 40 cache, log or documentation files of the new base: ' +
        '/var/cache/file104, /var/cache/file109, /var/cache/file114 and 37 more',
      'review: the app layers hide 40 configuration files of the new base: ' +
        '/etc/file102, /etc/file107, /etc/file112 and 37 more',
      'review: the app layers hide 40 other files of the new base: ' +
        '/srv/file103, /srv/file108, /srv/file113 and 37 more',
    ]);
  });

  describe('by kind', () => {
    const kinds: [string, string, string][] = [
      ['etc/ld.so.cache', 'review', '1 library cache'],
      ['etc/ssl/certs/ca-certificates.crt', 'review', '1 certificate file'],
      ['etc/pki/tls/certs/ca-bundle.crt', 'review', '1 certificate file'],
      ['etc/ssl/cert.pem', 'review', '1 certificate file'],
      ['etc/ssl/openssl.cnf', 'review', '1 configuration file'],
      ['usr/lib/os-release', 'review', '1 release file'],
      ['etc/alpine-release', 'review', '1 release file'],
      ['etc/debian_version', 'review', '1 release file'],
      ['usr/lib/x86_64-linux-gnu/libssl.so.3', 'review', '1 library file'],
      ['lib/libcrypto.so.1.1', 'review', '1 library file'],
      ['usr/sbin/nginx', 'review', '1 program'],
      ['etc/nginx/nginx.conf', 'review', '1 configuration file'],
      ['usr/lib/python3/__pycache__/os.pyc', 'note', 'cache, log'],
      ['var/log/dpkg.log', 'note', 'cache, log'],
      ['var/lib/apt/lists/lock', 'note', 'cache, log'],
      ['etc/resolv.conf', 'note', 'cache, log'],
      ['etc/passwd-', 'note', 'cache, log'],
    ];
    for (const [path, severity, noun] of kinds) {
      it(`${path}: ${noun}, ${severity}`, () => {
        const [found, ...rest] = at(path, file('old'), file('new'), file('app'));
        expect(rest).to.deep.equal([]);
        expect(found).to.include({ severity });
        expect(found?.message).to.include(noun);
        expect(found?.why).to.be.a('string');
      });
    }

    it('a directory whose mode or owner the bases have otherwise', () => {
      const [found] = at('srv', directory(), directory({ mode: 0o700 }), directory());
      expect(found).to.include({ severity: 'review', path: '/srv' });
      expect(found?.message).to.include('/srv (0755 0:0, the new base: 0700 0:0)');
      expect(at('srv', directory(), directory(), directory({ uid: 7 }))).to.deep.equal([]);
    });
  });

  describe('accounts', () => {
    const passwd = (...users: string[]): Item =>
      file(users.map((user) => `${user}::/:/bin/sh\n`).join(''));

    it('names the users that are not in the copy of the app', () => {
      const old = passwd('root:x:0:0', 'www:x:33:33');
      const fresh = passwd('root:x:0:0', 'www:x:82:82', 'sshd:x:22:22');
      const [found] = at(
        'etc/passwd',
        old,
        fresh,
        passwd('root:x:0:0', 'www:x:33:33', 'app:x:9:9'),
      );
      expect(found).to.include({ severity: 'review', path: '/etc/passwd' });
      expect(found?.message).to.match(/without user www \(82\), user sshd \(22\)$/);
    });

    it('is a note when every user and group is there', () => {
      const old = passwd('root:x:0:0');
      const fresh = passwd('root:*:0:0');
      const [found] = at('etc/group', old, fresh, passwd('root:x:0:0', 'app:x:9:9'));
      expect(found).to.include({ severity: 'note', path: '/etc/group' });
    });

    it('is a review when the file cannot be read', () => {
      const facts = contentFacts({
        oldBase: [layer({ 'etc/passwd': file('a') })],
        newBase: [layer({ 'etc/passwd': file('b') })],
        app: [layer({ 'etc/passwd': file('c') })],
      });
      const [found] = findingsOf(shadowedCheck, facts, () => ({ kind: 'unreadable', reason: 'x' }));
      expect(found).to.include({ severity: 'review' });
    });
  });

  describe('without checksums', () => {
    const base = (content: string) => [layerWithoutChecksums({ 'srv/x': file(content) })];
    const app = [layer({ 'srv/x': file('app') })];

    it('reads the files that are alike in everything else', () => {
      const same = contentFacts({
        oldBase: base('one'),
        newBase: [layer({ 'srv/x': file('one') })],
        app,
      });
      expect(judged(shadowedCheck, same).findings).to.deep.equal([]);
      const facts = contentFacts({ oldBase: base('one'), newBase: base('two'), app });
      const { findings: found, read } = judged(shadowedCheck, facts);
      expect(found).to.have.length(1);
      expect(read).to.include('text srv/x');
    });

    it('takes files for different that cannot be read', () => {
      const facts = contentFacts({
        oldBase: base('one'),
        newBase: [layer({ 'srv/x': file('one') })],
        app,
      });
      const found = findingsOf(shadowedCheck, facts, () => ({ kind: 'unreadable', reason: 'x' }));
      expect(found).to.have.length(1);
    });

    it('reads nothing where the size tells', () => {
      const facts = contentFacts({ oldBase: base('one'), newBase: base('three'), app });
      expect(judged(shadowedCheck, facts).read).to.deep.equal([]);
    });
  });

  it('reads no file to compare two bases whose checksums are known', () => {
    const items = (content: string) => layer({ 'srv/x': file(content), 'usr/lib/liba.so': elf() });
    const facts = contentFacts({ oldBase: [items('1')], newBase: [items('2')], app: [items('3')] });
    expect(judged(shadowedCheck, facts).read).to.deep.equal([]);
  });

  describe('what the app layers delete', () => {
    const old = [layer({ 'opt/a': file('1'), 'opt/dir/b': file('1'), 'opt/dir/same': file('s') })];
    const fresh = [
      layer({
        'opt/a': file('2'),
        'opt/dir/b': file('1'),
        'opt/dir/same': file('s'),
        'opt/dir/added': file('n'),
      }),
    ];

    it('notes a file that the new base changed', () => {
      const app = [layer({ 'opt/a': whiteout() })];
      const [found, ...rest] = findings({ oldBase: old, newBase: fresh, app });
      expect(rest).to.deep.equal([]);
      expect(found).to.include({ severity: 'note', path: '/opt/a' });
      expect(found?.message).to.include('delete 1 file that the new base changed or added: /opt/a');
    });

    for (const [what, item] of [
      ['deleted', whiteout()],
      ['deleted and made again', opaque()],
    ] as const) {
      it(`notes a file that is added below a directory ${what}`, () => {
        const app = [layer({ 'opt/dir': item })];
        const [found] = findings({ oldBase: old, newBase: fresh, app });
        expect(found?.message).to.match(/delete 1 file .*: \/opt\/dir\/added$/);
      });
    }

    it('says nothing of what both bases have alike, or the new one has no more', () => {
      const app = [layer({ 'opt/dir/same': whiteout(), 'opt/gone': whiteout() })];
      expect(findings({ oldBase: old, newBase: fresh, app })).to.deep.equal([]);
    });
  });
});
