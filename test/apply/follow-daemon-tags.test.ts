import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { expect } from 'chai';

import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import { followDaemonTags } from '../../src/apply/follow-daemon-tags.ts';
import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { sha256Hex } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const A = `sha256:${sha256Hex('a')}`;
const B = `sha256:${sha256Hex('b')}`;
const C = `sha256:${sha256Hex('c')}`;

type Tags = Readonly<Record<string, string>>;

describe('apply/follow-daemon-tags', () => {
  let layout: Layout;
  let renames: number;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    mkdirSync(dirname(layout.repositories), { recursive: true });
    renames = 0;
  });
  afterEach(removeTempDirs);

  describe('what the daemon did between two lists is done to the file', () => {
    it('a tag that it made', () => {
      inFile({ my: { 'my:1': A } });
      expect(follow({ 'my:1': A }, { 'my:1': A, 'host:5000/team/new:1': B })).to.deep.equal([
        'host:5000/team/new:1',
      ]);
      expect(file()).to.deep.equal({
        'host:5000/team/new': { 'host:5000/team/new:1': B },
        my: { 'my:1': A },
      });
    });

    it('a tag that it moved', () => {
      inFile({ my: { 'my:1': A } });
      expect(follow({ 'my:1': A }, { 'my:1': B })).to.deep.equal(['my:1']);
      expect(file()).to.deep.equal({ my: { 'my:1': B } });
    });

    it('a tag that it removed, and the repository with its last one', () => {
      inFile({ my: { 'my:1': A }, other: { 'other:1': B } });
      expect(follow({ 'my:1': A, 'other:1': B }, { 'other:1': B })).to.deep.equal(['my:1']);
      expect(file()).to.deep.equal({ other: { 'other:1': B } });
    });

    it('all of it in one rename', () => {
      inFile({ my: { 'my:1': A, 'my:2': A } });
      follow({ 'my:1': A, 'my:2': A }, { 'my:1': B, 'my:3': C });
      expect(file()).to.deep.equal({ my: { 'my:1': B, 'my:3': C } });
      expect(renames).to.equal(1);
    });
  });

  describe('what stays', () => {
    it('a tag that the daemon names otherwise all the time: it has not read an earlier publish', () => {
      inFile({ my: { 'my:1': B }, other: { 'other:1': A } });
      const tags = { 'my:1': A, 'other:1': A };
      expect(follow(tags, { ...tags, 'other:1': C })).to.deep.equal(['other:1']);
      expect(file()).to.deep.equal({ my: { 'my:1': B }, other: { 'other:1': C } });
    });

    it('a tag that the daemon never named', () => {
      inFile({ my: { 'my:1': B } });
      follow({}, { 'other:1': A });
      expect(file()).to.deep.equal({ my: { 'my:1': B }, other: { 'other:1': A } });
    });

    it('a tag of the plan, made, moved or removed', () => {
      inFile({ my: { 'my:1': B, 'my:2': B, 'my:3': B } });
      const before = { 'my:1': A, 'my:2': A };
      expect(follow(before, { 'my:1': C, 'my:3': A }, ['my:1', 'my:2', 'my:3'])).to.deep.equal([]);
      expect(file()).to.deep.equal({ my: { 'my:1': B, 'my:2': B, 'my:3': B } });
    });
  });

  describe('writes nothing', () => {
    it('when the daemon changed nothing', () => {
      inFile({ my: { 'my:1': B } });
      expect(follow({ 'my:1': A }, { 'my:1': A })).to.deep.equal([]);
      expect(renames).to.equal(0);
    });

    it('when the daemon has written its change to the file itself', () => {
      inFile({ my: { 'my:1': B } });
      expect(follow({ 'my:1': A, 'gone:1': A }, { 'my:1': B })).to.deep.equal([]);
      expect(renames).to.equal(0);
    });
  });

  function follow(before: Tags, after: Tags, planned: readonly string[] = []): string[] {
    const disk: Disk = {
      ...hostDisk,
      rename(from, to) {
        renames += 1;
        hostDisk.rename(from, to);
      },
    };
    const lists = {
      before: new Map(Object.entries(before)),
      after: new Map(Object.entries(after)),
    };
    return followDaemonTags({ disk, layout, transaction: 1 }, lists, new Set(planned));
  }

  /** Printed with white space, so that a file that is written again shows. */
  function inFile(repositories: Readonly<Record<string, Tags>>): void {
    writeFileSync(layout.repositories, JSON.stringify({ Repositories: repositories }, null, 1));
  }

  function file(): unknown {
    const text = readFileSync(layout.repositories, 'utf8');
    return (JSON.parse(text) as { Repositories: unknown }).Repositories;
  }
});
