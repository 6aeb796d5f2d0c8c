import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import type { FileFact, FileRequest } from '../../src/domain/file-fact.ts';
import { RebaseError } from '../../src/errors.ts';
import { layerDirectory, layoutOf, type Layout } from '../../src/store/layout.ts';
import { readFileFact } from '../../src/store/read-file-fact.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

describe('store/read-file-fact', () => {
  let layout: Layout;
  let diff: string;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    diff = join(layerDirectory(layout, 'cache'), 'diff');
    mkdirSync(diff, { recursive: true });
  });
  afterEach(removeTempDirs);

  it('gives a text as bytes, whatever they are', () => {
    writeFileSync(join(diff, 'text'), Buffer.from([0x63, 0xe9, 0x00, 0xff]));
    expect(ask('text', 'text')).to.deep.equal({ kind: 'bytes', bytes: 'c\xe9\0\xff' });
  });

  it('gives the first 4 KiB of a file that is too large for a text', () => {
    writeFileSync(join(diff, 'large'), 'a'.repeat(5000));
    truncateSync(join(diff, 'large'), 2 ** 31);
    expect(ask('large', 'head')).to.deep.equal({ kind: 'bytes', bytes: 'a'.repeat(4096) });
    expect(ask('large', 'text').kind).to.equal('unreadable');
  });

  it('reads what the loader needs of a program', () => {
    writeFileSync(join(diff, 'sh'), readFileSync('/bin/sh'));
    const fact = ask('sh', 'elf');
    expect(fact.kind === 'elf' ? fact.elf.needed : undefined).to.include('libc.so.6');
  });

  it('answers for what is no program', () => {
    writeFileSync(join(diff, 'script'), '#!/bin/sh\n');
    writeFileSync(join(diff, 'empty'), '');
    writeFileSync(join(diff, 'cut'), readFileSync('/bin/sh').subarray(0, 80));
    for (const path of ['script', 'empty', 'cut']) {
      expect(ask(path, 'elf').kind, path).to.equal('unreadable');
    }
  });

  it('answers for what is no rpm database', () => {
    writeFileSync(join(diff, 'Packages'), 'no database');
    expect(ask('Packages', 'rpm').kind).to.equal('unreadable');
  });

  it('answers for what is not there or no file, and never leaves the layer', () => {
    const outside = makeTempDir();
    writeFileSync(join(outside, 'secret'), 'secret');
    symlinkSync(join(outside, 'secret'), join(diff, 'link'));
    symlinkSync(outside, join(diff, 'folder'));
    for (const path of ['absent', 'link', 'folder/secret', '', 'link/x', '../../../secret']) {
      for (const want of ['text', 'head', 'elf', 'rpm'] as const) {
        expect(ask(path, want).kind, `${want} ${path}`).to.equal('unreadable');
      }
    }
  });

  it('is a clear error for a cache-id that leads elsewhere', () => {
    const read = (): FileFact => readFileFact(layout, '../..', { path: 'etc', want: 'text' });
    expect(read).to.throw(RebaseError).with.property('code', 'STORE_DAMAGED');
  });

  function ask(path: string, want: FileRequest['want']): FileFact {
    return readFileFact(layout, 'cache', { path, want });
  }
});
