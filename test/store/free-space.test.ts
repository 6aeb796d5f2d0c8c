import { execFileSync } from 'node:child_process';

import { expect } from 'chai';

import { freeSpace } from '../../src/store/free-space.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

describe('store/free-space', () => {
  afterEach(removeTempDirs);

  it('says what df says, within what others write meanwhile', () => {
    const folder = makeTempDir();
    const [, line] = execFileSync('stat', ['-f', '-c', '\n%f %S %c %d', folder], {
      encoding: 'utf8',
    }).split('\n');
    const [blocks, size, files, freeFiles] = line!.split(' ').map(Number);
    const { bytes, inodes } = freeSpace(folder);
    expect(bytes).to.be.closeTo(blocks! * size!, 4e9);
    if (files === 0) expect(inodes).to.equal(Infinity);
    else expect(inodes).to.be.closeTo(freeFiles!, 100_000);
  });

  it('fails for a path that is not there', () => {
    expect(() => freeSpace('/nowhere/at/all')).to.throw(/ENOENT/);
  });
});
