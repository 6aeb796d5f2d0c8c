/**
 * The emulated loaders against the real ones: the same root, the same program, the same answer.
 */
import { expect } from 'chai';

import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { library, link, LoaderBench, program, text, type Layout } from './support/loader-bench.ts';

const needsA = { needs: ['liba.so'] };
const liba = library({ soname: 'liba.so' });
const GNU = '/lib/x86_64-linux-gnu';

type Row = [string, string, Omit<Layout, 'libc'>];

const GLIBC: readonly Row[] = [
  [
    '$ORIGIN of a library is where its name is, not where the symlink leads',
    'runs',
    {
      files: {
        '/app': program(needsA),
        '/usr/lib/liba.so': link('/srv/liba.so'),
        '/srv/liba.so': library({ needs: ['libb.so'], runpath: '$ORIGIN/sub' }),
        '/usr/lib/sub/libb.so': library(),
      },
    },
  ],
  [
    '$ORIGIN of a library found from the working directory',
    'runs',
    {
      files: {
        '/app': program({ needs: ['sub/liba.so'] }),
        '/work/sub/liba.so': library({ needs: ['libb.so'], runpath: '$ORIGIN' }),
        '/work/sub/libb.so': library(),
      },
      cwd: '/work',
    },
  ],
  ['needs nothing but libc', 'runs', { files: { '/app': program() } }],
  [
    'static',
    'runs',
    { files: { '/app': program({ flags: ['-static'] }) }, deleted: ['/lib64', '/lib'] },
  ],
  [
    'static-pie',
    'runs',
    { files: { '/app': program({ flags: ['-static-pie'] }) }, deleted: ['/lib64'] },
  ],
  ['no loader', 'loader', { files: { '/app': program() }, deleted: ['/lib64'] }],
  [
    'loader behind a symlink',
    'runs',
    {
      files: {
        '/app': program(),
        '/usr/lib64/x': text(''),
        '/lib64/ld.so': link('../lib64/ld-linux-x86-64.so.2'),
      },
    },
  ],
  ['no libc', 'library libc.so.6', { files: { '/app': program() }, deleted: [`${GNU}/libc.so.6`] }],
  ['library nowhere', 'library liba.so', { files: { '/app': program(needsA) } }],
  [
    'default folder of multiarch',
    'runs',
    { files: { '/app': program(needsA), [`${GNU}/liba.so`]: liba } },
  ],
  [
    '/usr multiarch',
    'runs',
    { files: { '/app': program(needsA), '/usr/lib/x86_64-linux-gnu/liba.so': liba } },
  ],
  ['/usr/lib', 'runs', { files: { '/app': program(needsA), '/usr/lib/liba.so': liba } }],
  [
    '/lib64 is no folder of Debian',
    'library liba.so',
    { files: { '/app': program(needsA), '/lib64/liba.so': liba } },
  ],
  [
    '/usr/local/lib without a cache',
    'library liba.so',
    { files: { '/app': program(needsA), '/usr/local/lib/liba.so': liba } },
  ],
  [
    'ld.so.conf without a cache',
    'library liba.so',
    {
      files: { '/app': program(needsA), '/opt/liba.so': liba, '/etc/ld.so.conf': text('/opt\n') },
    },
  ],
  [
    'cache',
    'runs',
    { files: { '/app': program(needsA), '/opt/liba.so': liba }, cacheOf: '/opt\n' },
  ],
  [
    'cache with the old format before it',
    'runs',
    {
      files: { '/app': program(needsA), '/opt/liba.so': liba },
      cacheOf: '/opt\n',
      format: 'compat',
    },
  ],
  [
    'cache that names a deleted file',
    'library liba.so',
    {
      files: { '/app': program(needsA), '/opt/liba.so': liba },
      cacheOf: '/opt\n',
      deleted: ['/opt/liba.so'],
    },
  ],
  [
    'stale cache, library in a default folder',
    'runs',
    {
      files: { '/app': program(needsA), '/opt/liba.so': liba, '/usr/lib/liba.so': liba },
      cacheOf: '/opt\n',
      deleted: ['/opt/liba.so'],
    },
  ],
  [
    'damaged cache',
    'library liba.so',
    {
      files: {
        '/app': program(needsA),
        '/opt/liba.so': liba,
        '/etc/ld.so.cache': text('glibc-ld.so.cache1.1\x01'),
      },
    },
  ],
  [
    'LD_LIBRARY_PATH',
    'runs',
    {
      files: { '/app': program(needsA), '/opt/liba.so': liba },
      env: { LD_LIBRARY_PATH: '/none:/opt' },
    },
  ],
  [
    'LD_LIBRARY_PATH with semicolons',
    'runs',
    {
      files: { '/app': program(needsA), '/opt/liba.so': liba },
      env: { LD_LIBRARY_PATH: '/none;/opt' },
    },
  ],
  [
    'LD_LIBRARY_PATH with an empty name: the working directory',
    'runs',
    {
      files: { '/app': program(needsA), '/work/liba.so': liba },
      env: { LD_LIBRARY_PATH: '/none:' },
      cwd: '/work',
    },
  ],
  [
    'an empty LD_LIBRARY_PATH',
    'library liba.so',
    {
      files: { '/app': program(needsA), '/work/liba.so': liba },
      env: { LD_LIBRARY_PATH: '' },
      cwd: '/work',
    },
  ],
  [
    'DT_RPATH',
    'runs',
    { files: { '/app': program({ ...needsA, rpath: '/opt' }), '/opt/liba.so': liba } },
  ],
  [
    'DT_RUNPATH',
    'runs',
    { files: { '/app': program({ ...needsA, runpath: '/opt' }), '/opt/liba.so': liba } },
  ],
  [
    '$ORIGIN',
    'runs',
    { files: { '/app': program({ ...needsA, runpath: '$ORIGIN/opt' }), '/opt/liba.so': liba } },
  ],
  [
    '${ORIGIN}/..',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/none:${ORIGIN}/usr/../opt' }),
        '/usr/x': text(''),
        '/opt/liba.so': liba,
      },
    },
  ],
  [
    '$ORIGIN is where the symlink leads',
    'runs',
    {
      files: {
        '/app': link('srv/bin/app'),
        '/srv/bin/app': program({ ...needsA, runpath: '$ORIGIN/../lib' }),
        '/srv/lib/liba.so': liba,
      },
    },
  ],
  [
    '$LIB',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt/$LIB' }),
        '/opt/lib/x86_64-linux-gnu/liba.so': liba,
      },
    },
  ],
  [
    '$LIB is not lib',
    'library liba.so',
    { files: { '/app': program({ ...needsA, runpath: '/opt/$LIB' }), '/opt/lib/liba.so': liba } },
  ],
  [
    'folder behind a symlink',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt' }),
        '/opt': link('/srv/lib'),
        '/srv/lib/liba.so': liba,
      },
    },
  ],
  [
    'library behind a dangling symlink',
    'library liba.so',
    { files: { '/app': program(needsA), '/usr/lib/liba.so': link('/opt/liba.so') } },
  ],
  [
    'transitive, both in default folders',
    'runs',
    {
      files: {
        '/app': program(needsA),
        '/usr/lib/liba.so': library({ needs: ['libb.so'] }),
        '/usr/lib/libb.so': library(),
      },
    },
  ],
  [
    'transitive, the second missing',
    'library libb.so',
    { files: { '/app': program(needsA), '/usr/lib/liba.so': library({ needs: ['libb.so'] }) } },
  ],
  [
    'RPATH of the program serves its libraries',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, rpath: '/opt' }),
        '/opt/liba.so': library({ needs: ['libb.so'] }),
        '/opt/libb.so': library(),
      },
    },
  ],
  [
    'RUNPATH of the program does not',
    'library libb.so',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt' }),
        '/opt/liba.so': library({ needs: ['libb.so'] }),
        '/opt/libb.so': library(),
      },
    },
  ],
  [
    'a library with RUNPATH ignores the RPATH of its program',
    'library libb.so',
    {
      files: {
        '/app': program({ ...needsA, rpath: '/opt' }),
        '/opt/liba.so': library({ needs: ['libb.so'], runpath: '/none' }),
        '/opt/libb.so': library(),
      },
    },
  ],
  [
    'RPATH of a library in between',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, rpath: '/opt' }),
        '/opt/liba.so': library({ needs: ['libb.so'], rpath: '/srv' }),
        '/srv/libb.so': library({ needs: ['libc2.so'] }),
        '/srv/libc2.so': library(),
      },
    },
  ],
  [
    'loaded before under its soname',
    'runs',
    {
      files: { '/app': program({ needs: ['/opt/one.so', 'liba.so'] }), '/opt/one.so': liba },
    },
  ],
  [
    'loaded before, without that soname',
    'library liba.so',
    {
      files: { '/app': program({ needs: ['/opt/one.so', 'liba.so'] }), '/opt/one.so': library() },
    },
  ],
  [
    "loaded before by another library's RUNPATH",
    'runs',
    {
      files: {
        '/app': program({ needs: ['libb.so', 'libd.so'] }),
        '/usr/lib/libb.so': library({ needs: ['liba.so'], runpath: '/opt' }),
        '/opt/liba.so': liba,
        '/usr/lib/libd.so': library({ needs: ['liba.so'] }),
      },
    },
  ],
  [
    'loaded too late by another library',
    'library liba.so',
    {
      files: {
        '/app': program({ needs: ['libb.so', 'libd.so'] }),
        '/usr/lib/libd.so': library({ needs: ['liba.so'], runpath: '/opt' }),
        '/opt/liba.so': liba,
        '/usr/lib/libb.so': library({ needs: ['liba.so'] }),
      },
    },
  ],
  [
    'a need with a slash, absolute',
    'runs',
    { files: { '/app': program({ needs: ['/opt/liba.so'] }), '/opt/liba.so': library() } },
  ],
  [
    'a need with a slash, from the working directory',
    'runs',
    {
      files: { '/app': program({ needs: ['sub/liba.so'] }), '/work/sub/liba.so': library() },
      cwd: '/work',
    },
  ],
  [
    'a need with a slash, not there',
    'library sub/liba.so',
    { files: { '/app': program({ needs: ['sub/liba.so'] }), '/work/sub/liba.so': library() } },
  ],
  [
    '32 bits are passed over',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt' }),
        '/opt/liba.so': library({ bits: 32 }),
        '/usr/lib/liba.so': liba,
      },
    },
  ],
  [
    'nothing but 32 bits',
    'library liba.so',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt' }),
        '/opt/liba.so': library({ bits: 32 }),
      },
    },
  ],
  [
    'another machine is passed over',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt' }),
        '/opt/liba.so': library({ machine: 183 }),
        '/usr/lib/liba.so': liba,
      },
    },
  ],
  [
    'a text file is not passed over',
    'library liba.so',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt' }),
        '/opt/liba.so': text('INPUT(-lfoo)'.repeat(20)),
        '/usr/lib/liba.so': liba,
      },
    },
  ],
  [
    'DF_1_NODEFLIB',
    'library liba.so',
    {
      files: {
        '/app': program({ ...needsA, flags: ['-Wl,-z,nodefaultlib'] }),
        '/usr/lib/liba.so': liba,
      },
    },
  ],
  [
    'DF_1_NODEFLIB voids what the cache has of default folders',
    'library liba.so',
    {
      files: {
        '/app': program({ ...needsA, runpath: GNU, flags: ['-Wl,-z,nodefaultlib'] }),
        '/usr/lib/liba.so': liba,
      },
      cacheOf: '/opt\n',
    },
  ],
  [
    'DF_1_NODEFLIB leaves the rest of the cache',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, runpath: GNU, flags: ['-Wl,-z,nodefaultlib'] }),
        '/opt/liba.so': liba,
      },
      cacheOf: '/opt\n',
    },
  ],
  [
    'DF_1_NODEFLIB and a RUNPATH',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, runpath: `/opt:${GNU}`, flags: ['-Wl,-z,nodefaultlib'] }),
        '/opt/liba.so': liba,
      },
    },
  ],
  [
    'version there',
    'runs',
    {
      files: {
        '/app': program({ needs: ['libv.so'], wants: 'V2' }),
        '/usr/lib/libv.so': library({ soname: 'libv.so', versions: ['V1', 'V2'] }),
      },
    },
  ],
  [
    'version missing',
    'version V2',
    {
      files: {
        '/app': program({ needs: ['libv.so'], wants: 'V2' }),
        '/usr/lib/libv.so': library({ soname: 'libv.so', versions: ['V1'] }),
      },
    },
  ],
  [
    'library without any versions',
    'runs',
    {
      files: {
        '/app': program({ needs: ['libv.so'], wants: 'V2' }),
        '/usr/lib/libv.so': library({ soname: 'libv.so', callsLibc: true }),
      },
    },
  ],
  [
    'LD_PRELOAD that is not there',
    'runs',
    { files: { '/app': program() }, env: { LD_PRELOAD: '/none.so' } },
  ],
  [
    'LD_PRELOAD brings what is needed',
    'runs',
    { files: { '/app': program(needsA), '/opt/x.so': liba }, env: { LD_PRELOAD: '/opt/x.so' } },
  ],
  [
    'glibc-hwcaps',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt' }),
        '/opt/glibc-hwcaps/x86-64-v2/liba.so': liba,
      },
    },
  ],
];

const MUSL: readonly Row[] = [
  [
    '$ORIGIN of a library is where its name is, not where the symlink leads',
    'runs',
    {
      files: {
        '/app': program(needsA),
        '/lib/liba.so': link('/srv/liba.so'),
        '/srv/liba.so': library({ needs: ['libb.so'], runpath: '$ORIGIN/sub' }),
        '/lib/sub/libb.so': library(),
      },
    },
  ],
  ['needs nothing but libc', 'runs', { files: { '/app': program() } }],
  ['no loader', 'loader', { files: { '/app': program() }, deleted: ['/lib'] }],
  ['library nowhere', 'library liba.so', { files: { '/app': program(needsA) } }],
  [
    '/usr/local/lib by default',
    'runs',
    { files: { '/app': program(needsA), '/usr/local/lib/liba.so': liba } },
  ],
  [
    'multiarch is none of its folders',
    'library liba.so',
    { files: { '/app': program(needsA), '/usr/lib/x86_64-linux-gnu/liba.so': liba } },
  ],
  [
    'path file, lines',
    'runs',
    {
      files: {
        '/app': program(needsA),
        '/etc/ld-musl-x86_64.path': text('/none\n/opt\n'),
        '/opt/liba.so': liba,
      },
    },
  ],
  [
    'path file, colons',
    'runs',
    {
      files: {
        '/app': program(needsA),
        '/etc/ld-musl-x86_64.path': text('/none:/opt'),
        '/opt/liba.so': liba,
      },
    },
  ],
  [
    'path file in place of the default',
    'library liba.so',
    {
      files: {
        '/app': program(needsA),
        '/etc/ld-musl-x86_64.path': text('/none'),
        '/usr/lib/liba.so': liba,
      },
    },
  ],
  [
    'empty path file',
    'library liba.so',
    {
      files: {
        '/app': program(needsA),
        '/etc/ld-musl-x86_64.path': text(''),
        '/usr/lib/liba.so': liba,
      },
    },
  ],
  [
    'LD_LIBRARY_PATH',
    'runs',
    {
      files: { '/app': program(needsA), '/opt/liba.so': liba },
      env: { LD_LIBRARY_PATH: '/none:/opt' },
    },
  ],
  [
    'LD_LIBRARY_PATH has no semicolons',
    'library liba.so',
    {
      files: { '/app': program(needsA), '/opt/liba.so': liba },
      env: { LD_LIBRARY_PATH: '/none;/opt' },
    },
  ],
  [
    'RUNPATH serves libraries of libraries',
    'runs',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt' }),
        '/opt/liba.so': library({ needs: ['libb.so'] }),
        '/opt/libb.so': library(),
      },
    },
  ],
  [
    'RPATH with $ORIGIN',
    'runs',
    { files: { '/app': program({ ...needsA, rpath: '$ORIGIN/opt' }), '/opt/liba.so': liba } },
  ],
  [
    '$LIB voids the whole list',
    'library liba.so',
    { files: { '/app': program({ ...needsA, runpath: '/opt:/srv/$LIB' }), '/opt/liba.so': liba } },
  ],
  [
    'reserved names are the loader',
    'runs',
    {
      files: {
        '/app': program({ needs: ['libm.so.6', 'libpthread.so.0', 'libc.musl-x86_64.so.1'] }),
      },
    },
  ],
  [
    'a soname does not count',
    'library liba.so',
    { files: { '/app': program({ needs: ['/opt/one.so', 'liba.so'] }), '/opt/one.so': liba } },
  ],
  [
    'the same file under two names',
    'runs',
    {
      files: {
        '/app': program({ needs: ['libb.so', 'liba.so'] }),
        '/lib/libb.so': liba,
        '/lib/liba.so': link('libb.so'),
      },
    },
  ],
  [
    'the first file of a name counts, fit or not',
    'library liba.so',
    {
      files: {
        '/app': program({ ...needsA, runpath: '/opt' }),
        '/opt/liba.so': text('no library'),
        '/lib/liba.so': liba,
      },
    },
  ],
  [
    'versions are not looked at',
    'runs',
    {
      files: {
        '/app': program({ needs: ['libv.so'], wants: 'V2' }),
        '/lib/libv.so': library({ soname: 'libv.so', versions: ['V1'] }),
      },
    },
  ],
  [
    'no cache',
    'library liba.so',
    { files: { '/app': program(needsA), '/opt/liba.so': liba }, cacheOf: '/opt\n' },
  ],
  [
    'transitive, the second missing',
    'library libb.so',
    { files: { '/app': program(needsA), '/lib/liba.so': library({ needs: ['libb.so'] }) } },
  ],
  [
    'LD_PRELOAD that is not there',
    'runs',
    { files: { '/app': program() }, env: { LD_PRELOAD: '/none.so' } },
  ],
];

describe('loaders, emulated and real', function () {
  this.timeout(600_000);
  let bench: LoaderBench;
  before(() => {
    bench = new LoaderBench(makeTempDir());
  });
  after(removeTempDirs);

  for (const [libc, rows] of [
    ['glibc', GLIBC],
    ['musl', MUSL],
  ] as const) {
    describe(libc, () => {
      for (const [name, answer, files] of rows) {
        it(`${name}: ${answer}`, () => {
          const layout = { libc, ...files };
          const root = bench.build(layout);
          expect(bench.run(root, layout), 'the real loader').to.equal(answer);
          expect(bench.emulate(root, layout), 'the emulation').to.equal(answer);
        });
      }
    });
  }
});
