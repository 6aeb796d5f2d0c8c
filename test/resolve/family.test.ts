import { expect } from 'chai';

import type { Snapshot } from '../../src/domain/snapshot.ts';
import { nameOfImage, tagsOf } from '../../src/domain/snapshot.ts';
import { familyOf, membersOf, type Member } from '../../src/resolve/family.ts';
import { imageOf, snapshotOf, type ExampleImage } from './example-snapshot.ts';

const BASE: ExampleImage = { tags: ['base:1'], layers: ['a'], history: ['ADD a'] };

function app(name: string, layers: readonly string[], history?: readonly string[]): ExampleImage {
  return { tags: name === '' ? [] : [name], layers, ...(history === undefined ? {} : { history }) };
}

/** `a(b c(d))`: each image with those that stand on it. */
function treeText(snapshot: Snapshot, { image, children }: Member): string {
  const below = children.map((child) => treeText(snapshot, child)).sort();
  return nameOfImage(snapshot, image.id) + (below.length > 0 ? `(${below.join(' ')})` : '');
}

function familyText(others: readonly ExampleImage[], namedOnly = false): string {
  const snapshot = snapshotOf([BASE, ...others]);
  const wanted = namedOnly
    ? ({ id }: { id: Member['image']['id'] }) => tagsOf(snapshot, id).length > 0
    : undefined;
  return treeText(snapshot, familyOf(snapshot, imageOf(BASE), wanted));
}

describe('resolve/family', () => {
  it('hangs each image on the nearest one below it', () => {
    const text = familyText([
      app('deep:1', ['a', 'b', 'c', 'd']),
      app('app:1', ['a', 'b']),
      app('other:1', ['a', 'x', 'y']),
    ]);
    expect(text).to.equal('base:1(app:1(deep:1) other:1)');
  });

  it('leaves out what does not begin with the base, and the base itself', () => {
    expect(familyText([app('no:1', ['b', 'a']), app('short:1', [])])).to.equal('base:1');
  });

  it('counts an image with the same layers only when its history goes on', () => {
    const text = familyText([
      app('conf:1', ['a'], ['ADD a', 'ENV X=1 (e)']),
      app('more:1', ['a'], ['ADD a', 'ENV X=1 (e)', 'CMD sh (e)']),
      app('twin:1', ['a'], ['ADD something else']),
    ]);
    expect(text).to.equal('base:1(conf:1(more:1))');
  });

  it('prefers, among images with the same layers, the one whose history goes on', () => {
    const text = familyText([
      app('one:1', ['a', 'b'], ['ADD a', 'RUN b', 'ENV X=1 (e)']),
      app('two:1', ['a', 'b'], ['ADD a', 'RUN b', 'ENV X=2 (e)']),
      app('on-two:1', ['a', 'b', 'c'], ['ADD a', 'RUN b', 'ENV X=2 (e)', 'RUN c']),
    ]);
    expect(text).to.equal('base:1(one:1 two:1(on-two:1))');
  });

  it('hangs what stands on an image that is left out on the next one below', () => {
    const images = [app('', ['a', 'b']), app('app:1', ['a', 'b', 'c'])];
    expect(familyText(images, true)).to.equal('base:1(app:1)');
    expect(familyText(images)).to.match(/^base:1\([0-9a-f]{12}\(app:1\)\)$/);
  });

  it('finds thousands of images, in any order, on deep stacks', () => {
    const layers = Array.from({ length: 120 }, (_, index) => `l${index}`);
    const images = Array.from({ length: 600 }, (_, index) =>
      app(`app:${index}`, ['a', ...layers.slice(0, index % 120), `own ${index}`]),
    );
    const snapshot = snapshotOf([BASE, ...images]);
    expect(membersOf(familyOf(snapshot, imageOf(BASE)))).to.have.length(601);
  });
});
