import { expect } from 'chai';
import fc from 'fast-check';

import { missingCheck } from '../../src/checks/missing.ts';
import type { Finding } from '../../src/domain/finding.ts';
import {
  contentFacts,
  directory,
  elf,
  file,
  findingsOf,
  judged,
  layer,
  program,
  symlink,
  whiteout,
  type Example,
} from './example-content.ts';

const LOADER = '/lib64/ld-linux-x86-64.so.2';
const MUSL = '/lib/ld-musl-x86_64.so.1';
const libc = elf({ soname: 'libc.so.6', versionsDefined: ['libc.so.6', 'GLIBC_2.36'] });

/** A base with glibc, and a shell that needs nothing else. */
const GLIBC = {
  'lib64/ld-linux-x86-64.so.2': elf({ soname: 'ld-linux-x86-64.so.2' }),
  'lib/x86_64-linux-gnu/libc.so.6': libc,
  'bin/sh': elf({ interpreter: LOADER, needed: ['libc.so.6'] }),
};
const ALPINE = {
  'lib/ld-musl-x86_64.so.1': elf({ soname: 'libc.musl-x86_64.so.1' }),
  'bin/busybox': elf({ interpreter: MUSL, needed: ['libc.musl-x86_64.so.1'] }),
  'bin/sh': symlink('/bin/busybox'),
};
const ssl = { 'usr/lib/x86_64-linux-gnu/libssl.so.3': elf({ soname: 'libssl.so.3' }) };
const needsSsl = elf({ interpreter: LOADER, needed: ['libssl.so.3', 'libc.so.6'] });

function missing(example: Example): readonly Finding[] {
  return findingsOf(missingCheck, contentFacts(example));
}

/** `severity message` of each. */
function lines(example: Example): string[] {
  return missing(example).map(({ severity, message }) => `${severity} ${message}`);
}

describe('missing: programs', () => {
  it('finds nothing where all is there', () => {
    const base = layer({ ...GLIBC, ...ssl });
    const app = [layer({ 'app/run': needsSsl })];
    expect(lines({ oldBase: [base], newBase: [base], app, config: { Cmd: ['/app/run'] } })).to.be
      .empty;
  });

  it('names a library that the new base has not, once for all who need it', () => {
    const app = layer({ 'app/one': needsSsl, 'app/two': needsSsl, 'app/plugin.so': needsSsl });
    const [found, ...others] = missing({
      oldBase: [layer({ ...GLIBC, ...ssl })],
      newBase: [layer(GLIBC)],
      app: [app],
    });
    expect(others).to.be.empty;
    expect(found).to.deep.include({
      check: 'missing',
      severity: 'breaks',
      message: 'libssl.so.3, needed by /app/one and 2 others, is not found on new:2',
      path: '/app/one',
      layers: [app.diffId],
    });
  });

  it('says nothing of what was missing before', () => {
    const base = layer(GLIBC);
    expect(lines({ oldBase: [base], newBase: [base], app: [layer({ 'app/run': needsSsl })] })).to.be
      .empty;
  });

  it('is less sure of a program that did not start before either', () => {
    const app = elf({ interpreter: LOADER, needed: ['libown.so', 'libssl.so.3'] });
    expect(
      lines({
        oldBase: [layer({ ...GLIBC, ...ssl })],
        newBase: [layer(GLIBC)],
        app: [layer({ 'app/run': app })],
      }),
    ).to.deep.equal(['review libssl.so.3, needed by /app/run, is not found on new:2']);
  });

  it('is less sure of a library that no program needs', () => {
    const plugin = elf({ needed: ['libssl.so.3'] });
    expect(
      lines({
        oldBase: [layer({ ...GLIBC, ...ssl })],
        newBase: [layer(GLIBC)],
        app: [layer({ 'app/plugin.so': plugin })],
      }),
    ).to.deep.equal(['review libssl.so.3, needed by /app/plugin.so, is not found on new:2']);
  });

  it('follows the needs of libraries', () => {
    const curl = (needed: string[]) => ({ 'usr/lib/libcurl.so.4': elf({ needed }) });
    const run = elf({ interpreter: LOADER, needed: ['libcurl.so.4'] });
    expect(
      lines({
        oldBase: [layer({ ...GLIBC, ...curl([]) })],
        newBase: [layer({ ...GLIBC, ...curl(['libnghttp3.so.9']) })],
        app: [layer({ 'app/run': run })],
      }),
    ).to.deep.equal(['breaks libnghttp3.so.9, needed by /app/run, is not found on new:2']);
  });

  it('names symbol versions that the new library lacks', () => {
    const versionsNeeded = ['GLIBC_2.36', 'GLIBC_2.34', 'GLIBC_2.2.5'].map((version) => ({
      file: 'libc.so.6',
      version,
      weak: false,
    }));
    const libcWith = (...versions: string[]) => ({
      'lib/x86_64-linux-gnu/libc.so.6': elf({ soname: 'libc.so.6', versionsDefined: versions }),
    });
    const run = elf({ interpreter: LOADER, needed: ['libc.so.6'], versionsNeeded });
    expect(
      lines({
        oldBase: [layer({ ...GLIBC, ...libcWith('GLIBC_2.2.5', 'GLIBC_2.34', 'GLIBC_2.36') })],
        newBase: [layer({ ...GLIBC, ...libcWith('GLIBC_2.2.5') })],
        app: [layer({ 'app/run': run })],
      }),
    ).to.deep.equal([
      'breaks libc.so.6 of new:2 lacks GLIBC_2.34 and 1 more version, needed by /app/run',
    ]);
  });

  it('names the loader when the libc is another', () => {
    expect(
      lines({
        oldBase: [layer(GLIBC)],
        newBase: [layer(ALPINE)],
        app: [layer({ 'app/run': needsSsl, 'usr/lib/libssl.so.3': elf() })],
      }),
    ).to.deep.equal([`breaks ${LOADER}, the loader of /app/run, is not there on new:2`]);
  });

  it('names a loader behind a directory that hides the usr-merge', () => {
    const newBase = layer({
      'usr/lib/x86_64-linux-gnu/libc.so.6': libc,
      'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2': elf({ soname: 'ld-linux-x86-64.so.2' }),
      'usr/lib64/ld-linux-x86-64.so.2': symlink('/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'),
      lib: symlink('usr/lib'),
      lib64: symlink('usr/lib64'),
    });
    const app = { lib: directory(), 'lib/libown.so': elf(), 'app/run': GLIBC['bin/sh'] };
    expect(lines({ oldBase: [layer(GLIBC)], newBase: [newBase], app: [layer(app)] })).to.deep.equal(
      [`breaks ${LOADER}, the loader of /app/run, is not there on new:2`],
    );
  });

  it('asks nothing of static programs, and of what a higher layer replaced', () => {
    const below = layer({ 'app/run': needsSsl, 'app/gone': needsSsl });
    const above = layer({ 'app/run': elf({ type: 2, dynamic: false }), 'app/gone': whiteout() });
    expect(
      lines({ oldBase: [layer({ ...GLIBC, ...ssl })], newBase: [layer({})], app: [below, above] }),
    ).to.be.empty;
  });

  it('counts a file once that two layers have', () => {
    const found = missing({
      oldBase: [layer({ ...GLIBC, ...ssl })],
      newBase: [layer(GLIBC)],
      app: [layer({ 'app/run': needsSsl, 'app/x': file() }), layer({ 'app/run': needsSsl })],
    });
    expect(found.map(({ message }) => message)).to.deep.equal([
      'libssl.so.3, needed by /app/run, is not found on new:2',
    ]);
  });

  it('counts a program of the new base that cannot be read as none', () => {
    const newBase = layer({ ...GLIBC, 'bin/sh': program('cut') });
    const facts = contentFacts({
      oldBase: [layer(GLIBC)],
      newBase: [newBase],
      config: { Cmd: ['sh'] },
    });
    const found = findingsOf(missingCheck, facts, ({ chainId }) => {
      if (chainId !== newBase.chainId) return undefined;
      return { kind: 'unreadable', reason: 'not there' };
    });
    expect(found.map(({ severity, message }) => `${severity} ${message}`)).to.deep.equal([
      'breaks /bin/sh of new:2 is a damaged program',
    ]);
  });

  it("sees that an app's older library breaks the shell of the new base", () => {
    const newShell = elf({
      interpreter: LOADER,
      needed: ['libc.so.6'],
      versionsNeeded: [{ file: 'libc.so.6', version: 'GLIBC_2.41', weak: false }],
    });
    const newLibc = elf({ soname: 'libc.so.6', versionsDefined: ['GLIBC_2.36', 'GLIBC_2.41'] });
    const newBase = layer({
      ...GLIBC,
      'lib/x86_64-linux-gnu/libc.so.6': newLibc,
      'bin/sh': newShell,
      'bin/other': newShell,
    });
    const app = layer({
      'lib/x86_64-linux-gnu/libc.so.6': libc,
      'app/start': program('#!/bin/sh\n'),
    });
    const example = { oldBase: [layer(GLIBC)], newBase: [newBase], app: [app] };
    expect(lines(example)).to.deep.equal([
      'review libc.so.6 of new:2 lacks GLIBC_2.41, needed by /app/start and 1 other',
    ]);
    expect(lines({ ...example, config: { Cmd: ['/app/start'] } })).to.deep.equal([
      'breaks libc.so.6 of new:2 lacks GLIBC_2.41, needed by /app/start and 1 other',
    ]);
  });

  it('reports a preload that is gone, which stops nothing', () => {
    const run = GLIBC['bin/sh'];
    expect(
      lines({
        oldBase: [layer({ ...GLIBC, 'usr/lib/libjemalloc.so.2': elf() })],
        newBase: [layer(GLIBC)],
        app: [layer({ 'app/run': run })],
        config: { Env: ['LD_PRELOAD=libjemalloc.so.2'] },
      }),
    ).to.deep.equal(['review libjemalloc.so.2, which LD_PRELOAD names, is not found on new:2']);
  });

  it('counts a damaged library of the new base as none', () => {
    expect(
      lines({
        oldBase: [layer({ ...GLIBC, ...ssl })],
        newBase: [layer({ ...GLIBC, 'usr/lib/x86_64-linux-gnu/libssl.so.3': file('\x7fELF') })],
        app: [layer({ 'app/run': needsSsl })],
      }),
    ).to.deep.equal(['breaks libssl.so.3, needed by /app/run, is no library for it on new:2']);
  });
});

describe('missing: laws', () => {
  const name = fc.constantFrom('liba.so', 'libb.so', 'libc.so.6', '/opt/liba.so', '$ORIGIN/x', '');
  const someElf = fc
    .record({
      interpreter: fc.constantFrom(undefined, LOADER, MUSL, '/nowhere', ''),
      needed: fc.array(name, { maxLength: 3 }),
      soname: fc.option(name, { nil: undefined }),
      rpath: fc.constantFrom(undefined, '', ':', '/opt', '$ORIGIN/../lib:${LIB}', '$'),
      runpath: fc.constantFrom(undefined, '/opt', '$ORIGIN'),
      versionsDefined: fc.subarray(['V1', 'V2']),
      versionsNeeded: fc.array(fc.record({ file: name, version: name, weak: fc.boolean() }), {
        maxLength: 2,
      }),
      noDefaultLib: fc.boolean(),
    })
    .map((fact) => elf(fact));
  const item = fc.oneof(
    someElf,
    fc.constantFrom(symlink('/opt/liba.so'), symlink('liba.so'), symlink('..'), whiteout()),
    fc.constantFrom(program('#!/bin/sh\n'), program('#!/usr/bin/env a\n'), program('\x7fELF')),
  );
  const path = fc.constantFrom(
    ...['lib/liba.so', 'usr/lib/libb.so', 'opt/liba.so', 'bin/sh', 'bin/a', 'usr/bin/env', 'app/b'],
  );
  const items = fc.dictionary(path, item, { maxKeys: 6 }).map((each) => layer(each));
  const config = fc.constantFrom(
    { Cmd: ['a'] },
    { Entrypoint: ['sh', '-c', 'cd / && a'], Env: ['PATH=/bin::', 'LD_LIBRARY_PATH=/opt;$LIB:'] },
    { Cmd: ['/app/b'], User: 'x:y', WorkingDir: 'lib', Env: ['LD_PRELOAD=liba.so /x'] },
  );

  it('finds nothing when the base stays the same, whatever is in the image', () => {
    fc.assert(
      fc.property(items, items, config, (below, app, each) => {
        const base = [layer({ ...GLIBC, ...ALPINE }), below];
        expect(lines({ oldBase: base, newBase: base, app: [app], config: each })).to.be.empty;
      }),
      { numRuns: 200 },
    );
  });

  it('ends without an error, whatever changes', () => {
    fc.assert(
      fc.property(items, items, items, config, (oldBase, newBase, app, each) => {
        missing({
          oldBase: [layer(GLIBC), oldBase],
          newBase: [layer(ALPINE), newBase],
          app: [app],
          config: each,
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe('missing: scripts', () => {
  const perl = { 'usr/bin/perl': elf({ type: 2, dynamic: false }) };
  const env = { 'usr/bin/env': elf({ type: 2, dynamic: false }) };

  it('breaks for what is on PATH, and is shown for the rest', () => {
    const script = program('#!/usr/bin/perl -w\n');
    const bases = { oldBase: [layer(perl)], newBase: [layer({ 'usr/bin/tool': program() })] };
    expect(lines({ ...bases, app: [layer({ 'srv/example.pl': script })] })).to.deep.equal([
      'review /usr/bin/perl, which runs /srv/example.pl, is not there on new:2',
    ]);
    expect(lines({ ...bases, app: [layer({ 'usr/local/bin/tool': script })] })).to.deep.equal([
      'breaks /usr/bin/perl, which runs /usr/local/bin/tool, is not there on new:2',
    ]);
  });

  it('looks on PATH for what env runs', () => {
    expect(
      lines({
        oldBase: [layer({ ...env, ...perl })],
        newBase: [layer(env)],
        app: [layer({ 'usr/bin/tool': program('#!/usr/bin/env perl\n') })],
      }),
    ).to.deep.equal(['breaks perl, which runs /usr/bin/tool, is not on the PATH on new:2']);
  });

  it('reads no file that cannot be a program or a library', () => {
    const app = layer({
      'app/data': file('#!/usr/bin/perl'),
      'app/x.py': file('x'),
      'a/run': program(''),
    });
    expect(judged(missingCheck, contentFacts({ app: [app] })).read).to.deep.equal(['head a/run']);
  });

  it('ends with scripts that run themselves', () => {
    const app = layer({ 'bin/a': program('#!/bin/b\n'), 'bin/b': program('#!/bin/a\n') });
    expect(lines({ app: [app], config: { Cmd: ['a'] } })).to.be.empty;
  });
});

describe('missing: the start', () => {
  const tool = elf({ type: 2, dynamic: false });
  const cases: [string, object, Example][] = [
    ['a command on PATH', { Cmd: ['node', 'x'] }, { oldBase: [layer({ 'usr/bin/node': tool })] }],
    [
      'behind tini',
      { Entrypoint: ['/sbin/tini', '-g', '--'], Cmd: ['node'] },
      { oldBase: [layer({ 'usr/bin/node': tool })] },
    ],
    [
      'in the shell form',
      { Cmd: ['/bin/sh', '-c', 'cd /srv && exec node x'] },
      { oldBase: [layer({ 'usr/bin/node': tool })] },
    ],
    [
      'handed over by the entrypoint script',
      { Entrypoint: ['entry.sh'], Cmd: ['node'] },
      {
        oldBase: [layer({ 'usr/bin/node': tool })],
        app: [layer({ 'usr/bin/entry.sh': program('#!/bin/sh\nset -e\nexec "$@"\n') })],
      },
    ],
  ];
  for (const [name, config, example] of cases) {
    it(`breaks when it is gone: ${name}`, () => {
      const shared = layer({ 'sbin/tini': tool, 'bin/sh': tool, 'usr/bin/env': tool });
      const found = lines({
        ...example,
        oldBase: [shared, ...(example.oldBase ?? [])],
        newBase: [shared],
        config,
      });
      expect(found).to.deep.equal([
        'breaks node, which the container starts, is not there on new:2',
      ]);
    });
  }

  it('counts a file that may not be executed as none', () => {
    const fact = { type: 2, dynamic: false };
    const [old, now] = [0o755, 0o644].map((mode) => [layer({ 'srv/run': elf(fact, { mode }) })]);
    expect(
      lines({ oldBase: old!, newBase: now!, config: { Cmd: ['./run'], WorkingDir: '/srv' } }),
    ).to.deep.equal(['breaks ./run, which the container starts, is not there on new:2']);
  });

  it('asks each base about its own config', () => {
    expect(
      lines({
        oldBase: [layer({ 'bin/old': tool })],
        newBase: [layer({ 'bin/new': tool })],
        config: { Cmd: ['old'] },
        configAfter: { Cmd: ['new'] },
      }),
    ).to.be.empty;
  });

  const shell = { 'bin/sh': tool };
  const start = (config: object, old: object, now: object, app: object = {}): string[] =>
    lines({
      oldBase: [layer({ ...shell, ...old })],
      newBase: [layer({ ...shell, ...now })],
      app: [layer({ ...app })],
      config,
    });

  it('breaks for a command that is neither a program nor a script', () => {
    for (const text of ['', 'echo hello\n']) {
      expect(
        start({ Cmd: ['/srv/run'] }, { 'srv/run': tool }, { 'srv/run': program(text) }),
      ).to.deep.equal([
        'breaks /srv/run of new:2 is neither a program nor a script: /srv/run cannot run',
      ]);
    }
  });

  it('breaks for such an interpreter, and not where a shell starts it', () => {
    const bases = [{ 'opt/reader': tool }, { 'opt/reader': program('') }] as const;
    expect(
      start({ Cmd: ['/app/run'] }, ...bases, { 'app/run': program('#!/opt/reader\n') }),
    ).to.deep.equal([
      'breaks /opt/reader of new:2 is neither a program nor a script: /app/run cannot run',
    ]);
    expect(start({ Cmd: ['sh', '-c', '/opt/reader'] }, ...bases)).to.be.empty;
  });

  it('breaks for a script that the shell is to read, and shows other files that are gone', () => {
    const bases = [
      { 'srv/x.sh': file('echo'), 'srv/here': file() },
      { 'srv/here': file() },
    ] as const;
    expect(start({ Cmd: ['sh', '-e', '/srv/x.sh'] }, ...bases)).to.deep.equal([
      "breaks /srv/x.sh, which the container's start names, is not there on new:2",
    ]);
    for (const config of [
      { Cmd: ['/bin/sh', '-c', 'sh --config=/srv/x.sh /srv/here'] },
      { Cmd: ['sh', '-c', '. ./x.sh'], WorkingDir: '/srv' },
    ]) {
      const [found, ...others] = start(config, ...bases);
      expect(others).to.be.empty;
      expect(found).to.match(/^review \S*x\.sh, which the container's start names, is not there/);
    }
  });

  it('is less sure of what a shell line does without, and of what a script runs', () => {
    const bases = [{ 'bin/fast': tool, 'bin/slow': tool }, { 'bin/slow': tool }] as const;
    const gone = 'fast, which the container starts, is not there on new:2';
    expect(start({ Cmd: ['/bin/sh', '-c', 'fast || slow'] }, ...bases)).to.deep.equal([
      `review ${gone}`,
    ]);
    expect(start({ Cmd: ['/bin/sh', '-c', 'slow && fast'] }, ...bases)).to.deep.equal([
      `breaks ${gone}`,
    ]);
    const script = program('#!/bin/sh\nhelp() { :; }\nhelp\nexec fast --now\n');
    expect(start({ Cmd: ['/app/run'] }, ...bases, { 'app/run': script })).to.deep.equal([
      `review ${gone}`,
    ]);
  });

  it('does not miss words of a script that were nothing before', () => {
    const scripts = ['exec "$@"', 'setup() { :; }\nsetup\nexec "$@"'].map((text) => ({
      'bin/entry': program(`#!/bin/sh\n${text}\n`),
    }));
    const [old = {}, now = {}] = scripts;
    expect(start({ Entrypoint: ['entry'], Cmd: ['sh'] }, old, now)).to.be.empty;
  });

  it('shows a health check whose program is gone', () => {
    const config = { Healthcheck: { Test: ['CMD-SHELL', 'curl -f http://localhost || exit 1'] } };
    const curl = { 'usr/bin/curl': tool };
    expect(
      lines({ oldBase: [layer({ ...shell, ...curl })], newBase: [layer(shell)], config }),
    ).to.deep.equal(['review curl, which the health check runs, is not there on new:2']);
  });
});

describe('missing: folders', () => {
  const modules = { 'usr/lib/py3.9/os.py': file('x'), 'usr/lib/py3.9/empty': directory() };
  const app = [
    layer({
      'usr/lib/py3.9/site/a.py': file(),
      'usr/lib/py3.9/site/b.py': file(),
      'srv/x': file(),
    }),
  ];

  it('shows a folder of the old base that only the app has left', () => {
    const found = missing({
      oldBase: [layer({ ...modules, srv: directory() })],
      newBase: [layer({ 'usr/lib/py3.11/os.py': file('x') })],
      app,
    });
    expect(found).to.have.length(1);
    expect(found[0]).to.deep.include({
      severity: 'review',
      message: '/usr/lib/py3.9 of old:1, where the app has put 2 files, is not there on new:2',
      path: '/usr/lib/py3.9',
      layers: [app[0]?.diffId],
    });
  });

  it('says nothing where a symlink leads to it', () => {
    const newBase = [layer({ 'lib64/py3.9/os.py': file(), 'usr/lib': symlink('../lib64') })];
    expect(lines({ oldBase: [layer(modules)], newBase, app })).to.be.empty;
  });
});

describe('missing: accounts', () => {
  const passwd = (text: string) => [layer({ 'etc/passwd': file(text) })];

  it('breaks for a configured user who is gone', () => {
    const [found] = missing({
      oldBase: passwd('node:x:1000:1000::/:\n'),
      newBase: passwd('root:x:0:0::/:\n'),
      config: { User: 'node' },
    });
    expect(found).to.include({
      severity: 'breaks',
      message: 'the configured user node is not on new:2',
      path: '/etc/passwd',
    });
  });

  it('shows a user that comes from the new base', () => {
    const base = passwd('root:x:0:0::/:\nnode:x:7:7::/:\n');
    const bases = { oldBase: base, newBase: base };
    const message = 'review the image runs as node, the user of new:2; on old:1 it is root';
    expect(lines({ ...bases, configAfter: { User: 'node' } })).to.deep.equal([message]);
    expect(lines({ ...bases, config: { User: 'node' }, configAfter: { User: '0' } })).to.be.empty;
  });

  it('says nothing where the passwd is the app’s own, or the user a number', () => {
    const bases = { oldBase: passwd('node:x:7:7::/:\n'), newBase: passwd('root:x:0:0::/:\n') };
    const app = [layer({ 'etc/passwd': file('node:x:9:9::/:\n') })];
    expect(lines({ ...bases, app, config: { User: 'node' } })).to.be.empty;
    expect(lines({ ...bases, config: { User: '1000:1000' } })).to.be.empty;
  });

  it('shows a user with other ids, and files that belong to somebody else', () => {
    expect(
      lines({
        oldBase: passwd('www-data:x:33:33::/:\n'),
        newBase: passwd('xfs:x:33:33::/:\nwww-data:x:82:82::/:\n'),
        app: [layer({ 'srv/site': file('', { uid: 33 }) })],
        config: { User: 'www-data' },
      }),
    ).to.deep.equal([
      'review the configured user www-data runs as 82:82 on new:2, not 33:33',
      'review 1 path of the image belongs to user 33, www-data before; on new:2 www-data is 82, 33 is xfs',
    ]);
  });

  it('notes files whose owner has no name any more', () => {
    expect(
      lines({
        oldBase: passwd('app:x:1000:1000::/:\n'),
        newBase: passwd(''),
        app: [layer({ 'srv/a': file('', { uid: 1000 }), 'srv/b': file('', { uid: 1000 }) })],
      }),
    ).to.deep.equal([
      'note 2 paths of the image belong to user 1000, app before; on new:2 it has no name',
    ]);
  });
});
