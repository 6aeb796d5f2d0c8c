import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { expect } from 'chai';

import { hostDisk, type Disk } from '../../src/apply/disk.ts';
import type { RepositoriesTexts } from '../../src/apply/journal.ts';
import type { StepContext } from '../../src/apply/step.ts';
import { moveTags } from '../../src/apply/steps/move-tags.ts';
import { imageIdOf, type ImageID } from '../../src/domain/digest.ts';
import type { TagChange } from '../../src/domain/plan.ts';
import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const OLD = imageIdOf('old');
const NEW = imageIdOf('new');
const THIRD = imageIdOf('third');

const MOVED: TagChange = { repository: 'my', key: 'my:1', before: OLD, after: NEW };
const MADE: TagChange = { repository: 'my', key: 'my:2', before: undefined, after: NEW };

describe('apply/move-tags', () => {
  let layout: Layout;
  let renames: number;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    mkdirSync(dirname(layout.repositories), { recursive: true });
    renames = 0;
  });
  afterEach(removeTempDirs);

  describe('a publish that goes on', () => {
    it('does not move a tag that names a third image by now', async () => {
      write({ 'my:1': THIRD });
      await moveTags.run(context([MOVED, MADE]));
      expect(read()).to.equal(textOf({ 'my:1': THIRD, 'my:2': NEW }));
    });

    it('does not make a tag that was removed, nor take one that somebody made', async () => {
      write({ 'my:2': THIRD });
      await moveTags.run(context([MOVED, MADE]));
      expect(read()).to.equal(textOf({ 'my:2': THIRD }));
      expect(renames).to.equal(0);
    });

    it('writes nothing when it had moved them', async () => {
      write({ 'my:1': NEW, 'my:2': NEW });
      await moveTags.run(context([MOVED, MADE]));
      expect(renames).to.equal(0);
    });
  });

  describe('an undo', () => {
    it('leaves the file alone when no tag goes back, also where nobody wrote it since', async () => {
      const before = textOf({ 'my:1': OLD });
      const after = textOf({ 'my:1': NEW });
      writeFileSync(layout.repositories, after);
      await moveTags.undo(context([], { before, after }));
      expect(read()).to.equal(after);
      expect(renames).to.equal(0);
    });

    it('gives back the former bytes where nobody wrote it since', async () => {
      const before = `${textOf({ 'my:1': OLD })}\n`;
      const after = textOf({ 'my:1': NEW });
      writeFileSync(layout.repositories, after);
      await moveTags.undo(context([MOVED], { before, after }));
      expect(read()).to.equal(before);
    });

    it('puts back its own tags only where somebody wrote it since', async () => {
      const before = `${textOf({ 'my:1': OLD })}\n`;
      write({ 'my:1': NEW, 'my:3': THIRD });
      await moveTags.undo(context([MOVED], { before, after: textOf({ 'my:1': NEW }) }));
      expect(read()).to.equal(textOf({ 'my:1': OLD, 'my:3': THIRD }));
    });

    it('removes the file where there was none', async () => {
      const after = textOf({ 'my:2': NEW });
      writeFileSync(layout.repositories, after);
      await moveTags.undo(context([MADE], { before: null, after }));
      expect(existsSync(layout.repositories)).to.equal(false);
    });

    it('keeps the file where there was none and somebody has tagged since', async () => {
      write({ 'my:2': NEW, 'my:3': THIRD });
      await moveTags.undo(context([MADE], { before: null, after: textOf({ 'my:2': NEW }) }));
      expect(read()).to.equal(textOf({ 'my:3': THIRD }));
    });
  });

  function context(
    tags: readonly TagChange[],
    repositories: RepositoriesTexts = { before: undefined, after: undefined },
  ): StepContext {
    const disk: Disk = {
      ...hostDisk,
      rename(from, to) {
        renames += 1;
        hostDisk.rename(from, to);
      },
    };
    const bound = {
      layers: [],
      reused: [],
      committed: [],
      images: [],
      tags,
      tops: [],
      switches: [],
    };
    return { disk, layout, transaction: 1, bound, clone: 'auto', repositories };
  }

  function write(tags: Readonly<Record<string, ImageID>>): void {
    writeFileSync(layout.repositories, textOf(tags));
  }

  function read(): string {
    return readFileSync(layout.repositories, 'utf8');
  }
});

function textOf(tags: Readonly<Record<string, ImageID>>): string {
  return JSON.stringify({ Repositories: { my: tags } });
}
