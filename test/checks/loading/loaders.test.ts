/** What no linker makes; the rest is compared with the real loaders in test/e2e/loaders.test.ts. */
import { expect } from 'chai';

import { RunningImage } from '../../../src/checks/start/running-image.ts';
import { Starter } from '../../../src/checks/start/starter.ts';
import type { FileFacts } from '../../../src/domain/file-fact.ts';
import { treeOf } from '../../../src/domain/merged-tree.ts';
import { elf, layer, type Item } from '../example-content.ts';

const GLIBC = '/lib64/ld-linux-x86-64.so.2';
const MUSL = '/lib/ld-musl-x86_64.so.1';

/** What stops /app, in an image of these files and both loaders. */
function complaints(files: Readonly<Record<string, Item>>): string[] {
  const only = layer({
    'lib64/ld-linux-x86-64.so.2': elf({ soname: 'ld-linux-x86-64.so.2' }),
    'lib/ld-musl-x86_64.so.1': elf({ soname: 'libc.so' }),
    ...files,
  });
  const contents: FileFacts = {
    get: ({ path, want }) => {
      const content = only.contents.get(path);
      if (content === undefined) return { kind: 'unreadable', reason: 'not there' };
      if (want === 'elf' && content.elf !== undefined) return { kind: 'elf', elf: content.elf };
      return { kind: 'bytes', bytes: content.bytes };
    },
  };
  const image = new RunningImage({ tree: treeOf([only]), configText: '{}' }, contents, []);
  const obstacles = new Starter(image).obstaclesOf(image.program('/app')!);
  return obstacles.map((each) => `${each.kind} ${each.name}${'how' in each ? ` ${each.how}` : ''}`);
}

describe('a program’s loader', () => {
  it('must be there, executable, and for the same machine', () => {
    const app = { app: elf({ interpreter: GLIBC }) };
    const loader = { soname: 'ld-linux-x86-64.so.2' };
    const at = 'lib64/ld-linux-x86-64.so.2';
    expect(complaints(app)).to.be.empty;
    expect(complaints({ app: elf({ interpreter: '/none' }) })).to.deep.equal([
      'loader /none absent',
    ]);
    for (const unfit of [elf(loader, { mode: 0o644 }), elf({ ...loader, machine: 3 })]) {
      expect(complaints({ ...app, [at]: unfit })).to.deep.equal([`loader ${GLIBC} unfit`]);
    }
  });

  it('is judged by what it is, not by its name', () => {
    const app = { app: elf({ interpreter: GLIBC, needed: ['libm.so.6', 'liba.so'] }) };
    const at = 'lib64/ld-linux-x86-64.so.2';
    expect(complaints({ ...app, [at]: elf({ soname: 'libc.musl-x86_64.so.1' }) })).to.deep.equal([
      'library liba.so absent',
    ]);
    for (const soname of [undefined, 'ld-uClibc.so.0']) {
      expect(complaints({ ...app, [at]: elf({ soname }) })).to.deep.equal([
        `loader ${GLIBC} other`,
      ]);
    }
  });
});

describe('a library’s loader', () => {
  it('is the one of the C library that it needs', () => {
    const needs = (libc: string) => ({ app: elf({ needed: [libc, 'libm.so'] }) });
    expect(complaints(needs('libc.musl-x86_64.so.1'))).to.be.empty;
    expect(complaints(needs('libc.so.6'))).to.deep.equal([
      'library libc.so.6 absent',
      'library libm.so absent',
    ]);
  });
});

describe('a file with both DT_RPATH and DT_RUNPATH', () => {
  const files = (interpreter: string) => ({
    app: elf({ interpreter, needed: ['liba.so'], rpath: '/opt', runpath: '/srv' }),
    'srv/liba.so': elf({ needed: ['libb.so'] }),
    'opt/libb.so': elf(),
  });

  it('passes no DT_RPATH on to its libraries in glibc', () => {
    expect(complaints(files(GLIBC))).to.deep.equal(['library libb.so absent']);
  });

  it('passes its DT_RUNPATH on in musl', () => {
    expect(complaints(files(MUSL))).to.deep.equal(['library libb.so absent']);
    expect(complaints({ ...files(MUSL), 'srv/libb.so': elf() })).to.be.empty;
  });
});

describe('a version that is needed weakly', () => {
  it('may be missing', () => {
    const needs = (weak: boolean) => ({
      app: elf({
        interpreter: GLIBC,
        needed: ['libv.so'],
        versionsNeeded: [{ file: 'libv.so', version: 'V2', weak }],
      }),
      'usr/lib/libv.so': elf({ versionsDefined: ['V1'] }),
    });
    expect(complaints(needs(true))).to.be.empty;
    expect(complaints(needs(false))).to.deep.equal(['version libv.so']);
  });
});
