/** What comes free when layer directories go. */
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { measureFreed } from '../../src/store/measure-freed.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const BIG = 'b'.repeat(100_000);

describe('store/measure-freed', () => {
  let layout: Layout;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    for (const id of ['a', 'b', 'c'])
      mkdirSync(join(layout.overlay, id, 'diff'), { recursive: true });
  });
  afterEach(removeTempDirs);

  it('counts files, folders and links of a whole directory', () => {
    writeFileSync(join(layout.overlay, 'a/diff/big'), BIG);
    symlinkSync('big', join(layout.overlay, 'a/diff/symlink'));
    linkSync(join(layout.overlay, 'a/diff/big'), join(layout.overlay, 'a/diff/again'));
    const { bytes, inodes } = measureFreed(layout, ['a']);
    expect(inodes).to.equal(4);
    expect(bytes)
      .to.be.at.least(BIG.length)
      .and.below(2 * BIG.length);
  });

  it('counts a file that lives on elsewhere as staying, and frees it with its last name', () => {
    writeFileSync(join(layout.overlay, 'a/diff/big'), BIG);
    linkSync(join(layout.overlay, 'a/diff/big'), join(layout.overlay, 'b/diff/big'));
    const one = measureFreed(layout, ['a']);
    const both = measureFreed(layout, ['a', 'b']);
    expect([one.inodes, both.inodes]).to.deep.equal([2, 5]);
    expect(both.bytes - one.bytes).to.be.at.least(BIG.length);
  });

  it('looks at nothing that is not a layer directory', () => {
    mkdirSync(join(layout.root, 'elsewhere'));
    writeFileSync(join(layout.root, 'elsewhere/big'), BIG);
    symlinkSync('../elsewhere', join(layout.overlay, 'planted'));
    for (const name of ['../elsewhere', 'planted', '', '.', '..', '-delete', '/', 'absent']) {
      expect(measureFreed(layout, [name]), name).to.deep.equal({ bytes: 0, inodes: 0 });
    }
  });
});
