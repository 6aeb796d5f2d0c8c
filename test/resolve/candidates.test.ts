import { expect } from 'chai';

import { imageIdOf } from '../../src/domain/digest.ts';
import { candidatesFor, isPrefix, nameOf } from '../../src/resolve/candidates.ts';
import { diffIdsOf, imageOf, snapshotOf, type ExampleImage } from './example-snapshot.ts';

const BASE = {
  tags: ['alpine:3.7'],
  layers: ['a'],
  history: ['ADD a', 'CMD sh (e)'],
};
const APP: ExampleImage = {
  tags: ['my:1'],
  layers: ['a', 'x', 'y'],
  history: ['ADD a', 'CMD sh (e)', 'RUN x', 'RUN y'],
};

function namesFor(image: ExampleImage, others: readonly ExampleImage[]): string[] {
  return candidatesFor(snapshotOf([...others, image]), imageOf(image)).map(nameOf);
}

describe('candidates', () => {
  it('are the images whose layers are how the image begins, the highest first', () => {
    const middle = { tags: ['middle:1'], layers: ['a', 'x'] };
    const other = { tags: ['other:1'], layers: ['x'] };
    const above = { tags: ['above:1'], layers: ['a', 'x', 'y', 'z'] };
    expect(namesFor(APP, [BASE, middle, other, above])).to.deep.equal(['middle:1', 'alpine:3.7']);
  });

  it('leave out the image itself, whatever names it has', () => {
    const twoNames = { ...APP, tags: ['my:1', 'my:2'] };
    expect(namesFor(twoNames, [])).to.deep.equal([]);
  });

  it('leave out images without layers, which every image begins with', () => {
    expect(namesFor(APP, [{ tags: ['empty:1'], layers: [], history: [] }])).to.deep.equal([]);
  });

  it('match by ChainID: the same top layer elsewhere is no base', () => {
    expect(namesFor({ layers: ['a', 'x', 'a'] }, [{ layers: ['x', 'a'] }])).to.deep.equal([]);
  });

  describe('with equal layers', () => {
    const app = { ...BASE, tags: ['my:1'], history: [...BASE.history, 'ENV x=1 (e)'] };

    it('count when the image has the same history and more', () => {
      expect(namesFor(app, [BASE])).to.deep.equal(['alpine:3.7']);
    });

    it('do not count with the same history, or another, or more', () => {
      for (const history of [app.history, ['ADD a', 'CMD bash (e)'], [...app.history, 'ENV (e)']]) {
        expect(namesFor(app, [{ ...BASE, history }])).to.deep.equal([]);
      }
    });
  });

  it('do not compare when an instruction ran', () => {
    const rebuilt = { ...BASE, created: '2024-06-01T00:00:00Z' };
    const [found] = candidatesFor(snapshotOf([rebuilt, APP]), imageOf(APP));
    expect(found?.history).to.equal(2);
  });

  it('say where only the layers agree', () => {
    const rewritten = { ...BASE, history: ['COPY a'] };
    const [found] = candidatesFor(snapshotOf([rewritten, APP]), imageOf(APP));
    expect(found).to.include({ layers: 1, history: -1 });
  });

  it('prefer, among equal layers, the longer matching history, then a tag, then the name', () => {
    const nameless = { layers: ['a'], history: ['ADD a', 'CMD sh (e)'] };
    const shorter = { tags: ['aaa:1'], layers: ['a'], history: ['ADD a'] };
    const twin = { ...BASE, tags: ['alpine:3'] };
    expect(namesFor(APP, [nameless, shorter, BASE, twin])).to.deep.equal([
      'alpine:3',
      'alpine:3.7',
      imageOf(nameless).id.slice(7, 19),
      'aaa:1',
    ]);
  });

  it('are called by tag, else by digest reference, else by short ID', () => {
    const digest = `alpine@sha256:${'d'.repeat(64)}`;
    const both = { tags: [digest, 'alpine:3.7'], layers: ['a'] };
    const pulledOver = { tags: [digest], layers: ['a'] };
    expect(namesFor(APP, [both])).to.deep.equal(['alpine:3.7']);
    expect(namesFor(APP, [pulledOver])).to.deep.equal([digest]);
    expect(namesFor(APP, [{ layers: ['a'] }])).to.deep.equal([
      imageIdOf(imageOf({ layers: ['a'] }).text).slice(7, 19),
    ]);
  });

  it('isPrefix: nothing, a part and the whole are how a stack begins', () => {
    const stack = (...layers: string[]): { diffIds: ReturnType<typeof diffIdsOf> } => ({
      diffIds: diffIdsOf(layers),
    });
    expect(isPrefix(stack(), stack('a'))).to.equal(true);
    expect(isPrefix(stack('a'), stack('a', 'b'))).to.equal(true);
    expect(isPrefix(stack('a', 'b'), stack('a', 'b'))).to.equal(true);
    expect(isPrefix(stack('a', 'b'), stack('a'))).to.equal(false);
    expect(isPrefix(stack('b'), stack('a', 'b'))).to.equal(false);
  });
});
