import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { cloneFiles } from '../../src/apply/clone-files.ts';
import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import type { CloneMode } from '../../src/domain/report.ts';
import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { LARGE_FILE, surveyLayers } from '../../src/store/survey-layers.ts';
import { rejection } from '../daemon/rejection.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, readTree } from '../support/tree-state.ts';
import { fillOddLayer, linkGroups } from './odd-layer.ts';

describe('apply/clone-files', () => {
  let layout: Layout;
  let target: string;
  let reflinks: boolean;

  before(() => {
    reflinks = canReflink();
  });

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    target = join(layout.overlay, 'target');
    mkdirSync(layout.overlay);
    mkdirSync(target, { mode: 0o700 });
  });

  afterEach(() => {
    for (const name of ['large', 'small']) {
      spawnSync('chattr', ['-i', join(layout.overlay, 'src/diff', name)]);
    }
    removeTempDirs();
  });

  describe('with everything that a layer can hold', () => {
    let odd: Layout;

    // Made once: no clone may change its source.
    before(async () => {
      odd = layout = layoutOf(mkdtempSync(join(tmpdir(), 'odd-layer-')));
      layer('src');
      await fillOddLayer(join(layout.overlay, 'src/diff'));
    });
    beforeEach(() => {
      layout = odd;
      target = join(layout.overlay, 'target');
      mkdirSync(target, { mode: 0o700 });
    });
    afterEach(() => {
      execFileSync('rm', ['-rf', target]);
    });
    after(() => {
      execFileSync('rm', ['-rf', odd.root]);
    });

    for (const mode of ['auto', 'link', 'copy'] as const) {
      it(`gives an equal tree, and leaves the source alone: ${mode}`, async () => {
        const before = state('src/diff');
        const links = linkGroups(join(layout.overlay, 'src/diff'), 'regular');
        await clone(mode, 'src');
        expect(diffTrees(before, state('target/src/diff'))).to.deep.equal([]);
        expect(diffTrees(before, state('src/diff'))).to.deep.equal([]);
        expect(linkGroups(join(target, 'src/diff'), 'regular')).to.deep.equal(links);
        expect(linkGroups(join(layout.overlay, 'src/diff'), 'regular')).to.deep.equal(links);
        expect(readdirSync(target)).to.deep.equal(['src']);
        expect(readdirSync(join(target, 'src'))).to.deep.equal(['diff']);
      });

      // The kernel makes all whiteouts of an upper directory, and so of a BuildKit layer, one file.
      it(`keeps whiteouts, devices and fifos linked that were: ${mode}`, async () => {
        const links = linkGroups(join(layout.overlay, 'src/diff'), 'special');
        expect(links.length).to.equal(3);
        await clone(mode, 'src');
        expect(linkGroups(join(target, 'src/diff'), 'special')).to.deep.equal(links);
      });

      it(`gives the layer's folder its mode and owner: ${mode}`, async () => {
        await clone(mode, 'src');
        const made = lstatSync(join(target, 'src'));
        expect([made.mode & 0o7777, made.uid, made.gid]).to.deep.equal([0o710, 0, 4242]);
      });

      it(`keeps sparse files sparse: ${mode}`, async () => {
        await clone(mode, 'src');
        for (const name of ['sparse-large', 'sparse-small']) {
          expect(stat(`target/src/diff/${name}`).blocks, name).to.be.below(64);
        }
      });
    }

    it('shares every file in mode link, and none in mode copy', async () => {
      await clone('link', 'src');
      expect(sharedNames()).to.include.members(['etc/small', 'etc/just-large', 'etc/whiteout']);
      execFileSync('rm', ['-rf', join(target, 'src')]);
      await clone('copy', 'src');
      expect(sharedNames()).to.deep.equal([]);
    });

    it('shares exactly the files of 64 KiB and more in mode auto', async () => {
      // Where blocks can be shared, no file is: the next test is for such a file system.
      if (reflinks) return;
      await clone('auto', 'src');
      const large = entriesBelow('src/diff').filter((name) => {
        const found = stat(`src/diff/${name}`);
        return found.isFile() && found.size >= LARGE_FILE;
      });
      expect(large.length).to.be.above(15);
      expect(sharedNames().sort()).to.deep.equal(large.sort());
      expect(stat('target/src/diff/bin/capable').nlink).to.equal(1);
      expect(stat('target/src/diff/large-at-root').nlink).to.equal(2);
      expect(stat('target/src/diff/etc/just-large').nlink).to.equal(6);
    });

    it('shares blocks in mode reflink, or says what to do where that cannot be', async () => {
      if (reflinks) {
        const before = state('src/diff');
        await clone('reflink', 'src');
        expect(diffTrees(before, state('target/src/diff'))).to.deep.equal([]);
        return;
      }
      const error = await rejection('APPLY_FAILED', () => clone('reflink', 'src'));
      expect(error.hint).to.contain('--clone auto');
    });

    for (const errno of ['EMLINK', 'EPERM', 'EXDEV']) {
      it(`copies what cannot be linked: ${errno}`, async () => {
        const before = state('src/diff');
        const links = linkGroups(join(layout.overlay, 'src/diff'), 'regular');
        const refusing = withHardLink(() => {
          throw errnoError(errno);
        });
        await clone('auto', 'src', refusing);
        expect(diffTrees(before, state('target/src/diff'))).to.deep.equal([]);
        expect(linkGroups(join(target, 'src/diff'), 'regular')).to.deep.equal(links);
        expect(sharedNames()).to.deep.equal([]);
      });
    }

    it('keeps names of one file together when its links run out in between', async () => {
      if (reflinks) return;
      let made = 0;
      const links = linkGroups(join(layout.overlay, 'src/diff'), 'regular');
      const oneLeft = withHardLink((from, to) => {
        if (from.toString('latin1').includes('just-large') && ++made > 1)
          throw errnoError('EMLINK');
        hostDisk.hardLink(from, to);
      });
      await clone('auto', 'src', oneLeft);
      expect(linkGroups(join(target, 'src/diff'), 'regular')).to.deep.equal(links);
    });

    it('passes on any other failure of a link', async () => {
      const failing = withHardLink(() => {
        throw errnoError('EIO');
      });
      if (reflinks) return;
      const error: unknown = await clone('auto', 'src', failing).catch((e: unknown) => e);
      expect(error).to.have.property('code', 'EIO');
    });
  });

  it('copies files that chattr made immutable', async () => {
    layer('src', { large: 'x'.repeat(LARGE_FILE), small: 's' });
    execFileSync('chattr', ['+i', join(layout.overlay, 'src/diff/large')]);
    const before = state('src/diff');
    await clone('auto', 'src');
    expect(diffTrees(before, state('target/src/diff'))).to.deep.equal([]);
    expect(stat('target/src/diff/large').nlink).to.equal(1);
  });

  it('says in mode link that auto does without links', async () => {
    layer('src', { small: 's' });
    execFileSync('chattr', ['+i', join(layout.overlay, 'src/diff/small')]);
    const error = await rejection('APPLY_FAILED', () => clone('link', 'src'));
    expect(error.message).to.contain('cp failed').and.not.contain('\n');
    expect(error.hint).to.contain('--clone auto does without links');
  });

  it('clones several layers at once, with and without large files', async () => {
    const large = 'x'.repeat(LARGE_FILE);
    layer('a', { small: 'a', 'only/deep/large': large });
    layer('b', { small: 'b' });
    layer('c', {});
    layer('d', { large });
    for (const mode of ['auto', 'link', 'copy'] as const) {
      await clone(mode, ['a', 'b', 'c', 'd']);
      for (const id of ['a', 'b', 'c', 'd']) {
        expect(diffTrees(state(`${id}/diff`), state(`target/${id}/diff`))).to.deep.equal([]);
      }
      execFileSync('bash', ['-c', 'rm -rf "$0"/*', target]);
    }
  });

  it('clones a BuildKit layer, whose name is short, and no other file of its folder', async () => {
    layer('0abc9xyz0abc9xyz0abc9xyz0', { large: 'x'.repeat(LARGE_FILE), small: '' });
    writeFileSync(join(layout.overlay, '0abc9xyz0abc9xyz0abc9xyz0/lower'), 'l/X');
    await clone('auto', '0abc9xyz0abc9xyz0abc9xyz0');
    expect(readdirSync(join(target, '0abc9xyz0abc9xyz0abc9xyz0'))).to.deep.equal(['diff']);
  });

  it('links large files below folders whose names are no text', async () => {
    layer('src', { small: '' });
    const folder = Buffer.from(join(layout.overlay, 'src/diff/-a\n\xff/b'), 'latin1');
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    writeFileSync(Buffer.concat([folder, Buffer.from('/large')]), 'x'.repeat(LARGE_FILE));
    const before = state('src/diff');
    await clone('auto', 'src');
    expect(diffTrees(before, state('target/src/diff'))).to.deep.equal([]);
    if (!reflinks) expect(stat('target/src/diff/-a\n\xff/b/large').nlink).to.equal(2);
  });

  it('does nothing for no layers', async () => {
    for (const mode of ['auto', 'link', 'copy'] as const) await clone(mode, []);
    expect(readdirSync(target)).to.deep.equal([]);
  });

  it('fails when a layer has no files, in one line', async () => {
    layer('a');
    execFileSync('rm', ['-r', join(layout.overlay, 'a/diff')]);
    const error = await rejection('APPLY_FAILED', () => clone('copy', 'a'));
    expect(error.message).to.contain('a/diff').and.not.contain('\n');
  });

  async function clone(
    mode: CloneMode,
    source: string | string[],
    disk: Disk = hostDisk,
  ): Promise<void> {
    const sources = [source].flat();
    const survey = (): ReturnType<typeof surveyLayers> => surveyLayers(layout, sources);
    await cloneFiles({ disk, layout, sources, survey, target, mode });
  }

  function layer(id: string, files: Record<string, string> = {}): void {
    const folder = join(layout.overlay, id);
    mkdirSync(join(folder, 'diff'), { recursive: true });
    writeFileSync(join(folder, 'link'), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
    chmodSync(folder, 0o710);
    chownSync(folder, 0, 4242);
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(folder, 'diff', name, '..'), { recursive: true });
      writeFileSync(join(folder, 'diff', name), content);
    }
  }

  /** Link counts differ by design: `linkGroups` compares what is linked to what. */
  function state(below: string): ReturnType<typeof readTree> {
    return readTree(join(layout.overlay, below), { mtimes: true, links: false });
  }

  function stat(below: string): ReturnType<typeof lstatSync> & object {
    return lstatSync(Buffer.from(join(layout.overlay, below), 'latin1'));
  }

  /** Names in the clone whose file is the source's own. */
  function sharedNames(): string[] {
    return entriesBelow('src/diff').filter(
      (name) => stat(`src/diff/${name}`).ino === stat(`target/src/diff/${name}`).ino,
    );
  }

  function entriesBelow(folder: string): string[] {
    return [...state(folder)]
      .filter(([, facts]) => !facts.startsWith('dir '))
      .map(([name]) => name);
  }

  function canReflink(): boolean {
    const folder = makeTempDir();
    writeFileSync(join(folder, 'a'), 'a');
    try {
      execFileSync('cp', ['--reflink=always', join(folder, 'a'), join(folder, 'b')], {
        stdio: 'ignore',
      });
      return true;
    } catch {
      return false;
    }
  }
});

function withHardLink(hardLink: Disk['hardLink']): Disk {
  return { ...hostDisk, hardLink };
}

function errnoError(code: string): Error {
  return Object.assign(new Error(`${code}: link`), { code });
}
