import { expect } from 'chai';

import { libcCheck } from '../../src/checks/libc.ts';
import {
  contentFacts,
  elf,
  findingsOf,
  judged,
  layer,
  program,
  symlink,
  type ExampleLayer,
  type Item,
} from './example-content.ts';

const GLIBC = layer({ 'lib64/ld-linux-x86-64.so.2': elf() });
const MUSL = layer({ 'lib/ld-musl-x86_64.so.1': elf() });
const STATIC = layer({});
const forGlibc: Item = elf({ interpreter: '/lib64/ld-linux-x86-64.so.2' });
const forMusl: Item = elf({ interpreter: '/lib/ld-musl-x86_64.so.1' });

function findings(old: ExampleLayer, fresh: ExampleLayer, app: Record<string, Item>) {
  return findingsOf(
    libcCheck,
    contentFacts({ oldBase: [old], newBase: [fresh], app: [layer(app)] }),
  );
}

describe('libc', () => {
  it('reviews glibc to musl with a program that needs glibc', () => {
    const [found, ...rest] = findings(GLIBC, MUSL, {
      'app/run': forGlibc,
      'app/sh': program('#!'),
    });
    expect(rest).to.deep.equal([]);
    expect(found).to.include({ check: 'libc', severity: 'review', path: '/app/run' });
    expect(found?.message).to.include('from glibc (/lib64/ld-linux-x86-64.so.2) to musl');
    expect(found?.message).to.match(/: \/app\/run$/);
  });

  it('reviews musl to glibc, and to a base without any', () => {
    expect(findings(MUSL, GLIBC, { 'app/run': forMusl })[0]).to.include({ severity: 'review' });
    const [found] = findings(MUSL, STATIC, { 'app/run': forMusl });
    expect(found?.message).to.include('to no C library');
  });

  it('notes the change where the programs are static, or scripts', () => {
    const app = { 'app/run': elf({ dynamic: false }), 'app/sh': program('#!/bin/sh') };
    expect(findings(MUSL, GLIBC, app).map(({ severity }) => severity)).to.deep.equal(['note']);
  });

  it('says nothing where the loader stays, in the new base or in the app layers', () => {
    const both = layer({ 'lib64/ld-linux-x86-64.so.2': elf(), 'lib/ld-musl-x86_64.so.1': elf() });
    expect(findings(GLIBC, both, { 'app/run': forGlibc })).to.deep.equal([]);
    expect(findings(STATIC, GLIBC, { 'app/run': forGlibc })).to.deep.equal([]);
    const own = { 'lib64/ld-linux-x86-64.so.2': elf(), 'app/run': forGlibc };
    expect(findings(GLIBC, MUSL, own)).to.deep.equal([]);
  });

  it('finds the loader of a merged /usr through its symlinks', () => {
    const merged = layer({
      lib64: symlink('usr/lib64'),
      'usr/lib64/ld-linux-x86-64.so.2': symlink('../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'),
      'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2': elf(),
    });
    expect(findings(GLIBC, merged, { 'app/run': forGlibc })).to.deep.equal([]);
    expect(findings(merged, MUSL, { 'app/run': forGlibc })).to.have.length(1);
  });

  it('reads nothing where both bases have the same C library', () => {
    const app = [layer({ 'app/run': forGlibc })];
    const facts = contentFacts({ oldBase: [GLIBC], newBase: [GLIBC], app });
    expect(judged(libcCheck, facts)).to.deep.equal({ findings: [], read: [] });
  });

  it('asks a bounded number of programs', () => {
    const many = Object.fromEntries(
      Array.from({ length: 1000 }, (_, each) => [`app/${each}`, forGlibc]),
    );
    const facts = contentFacts({ oldBase: [GLIBC], newBase: [MUSL], app: [layer(many)] });
    const { findings: found, read } = judged(libcCheck, facts);
    expect(found).to.have.length(1);
    expect(read.length).to.be.at.most(200);
  });
});
