import { linkSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { findLargeFiles, LARGE_FILE, type LargeFiles } from '../../src/store/large-files.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { rejection } from '../daemon/rejection.ts';
import { buildStore, type FileSpec } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const BIG = 'x'.repeat(LARGE_FILE);

describe('store/large-files', () => {
  afterEach(removeTempDirs);

  it('calls a file large from exactly 64 KiB on', async () => {
    const { found } = await layerOf({
      small: BIG.slice(1),
      big: BIG,
      'deep/down/bigger': `${BIG}x`,
    });
    expect(names(found())).to.deep.equal(['big', 'deep/down/bigger']);
  });

  it('lists all names of a hard-linked file as one file', async () => {
    const { diff, found } = await layerOf({ one: BIG, 'folder/x': '' });
    linkSync(join(diff, 'one'), join(diff, 'folder/two'));
    expect(found()?.files.map((each) => [...each].sort())).to.deep.equal([['folder/two', 'one']]);
  });

  it('lists what is neither file, directory nor symlink', async () => {
    const { found } = await layerOf({
      big: BIG,
      'a/gone': { kind: 'whiteout' },
      null: { kind: 'char', major: 1, minor: 3 },
      pipe: { kind: 'fifo' },
      link: { kind: 'symlink', target: 'big' },
    });
    expect([...(found()?.special ?? [])].sort()).to.deep.equal(['a/gone', 'null', 'pipe']);
  });

  it('has nothing of a layer without large files', async () => {
    const { found } = await layerOf({ small: 's', gone: { kind: 'whiteout' } });
    expect(found()).to.equal(undefined);
  });

  it('keeps names that are no text, begin with a dash or hold a newline', async () => {
    const odd = ['\xff\xe9', '-rf', 'a\nb', ' ', "'$(x)'", 'tab\there', '\\0'];
    const { diff, found } = await layerOf({});
    for (const name of odd) writeFileSync(Buffer.from(join(diff, name), 'latin1'), BIG);
    expect(names(found())).to.deep.equal([...odd].sort());
    rmSync(Buffer.from(join(diff, '\xff\xe9'), 'latin1'));
  });

  it('calls a layer whose files are gone damage, in one line', async () => {
    const layout = layoutOf(makeTempDir());
    mkdirSync(layout.overlay);
    const error = await rejection('STORE_DAMAGED', () => findLargeFiles(layout, ['gone', 'too']));
    expect(error.message).to.not.contain('\n');
  });

  async function layerOf(
    files: Record<string, FileSpec>,
  ): Promise<{ diff: string; found: () => LargeFiles | undefined }> {
    const store = await buildStore(makeTempDir(), { images: [{ name: 'a', layers: [{ files }] }] });
    const id = store.image('a').cacheIds[0]!;
    return {
      diff: store.diffOf('a', 0),
      found: () => findLargeFiles(layoutOf(store.root), [id]).get(id),
    };
  }

  function names(found: LargeFiles | undefined): string[] {
    return (found?.files ?? []).flat().sort();
  }
});
