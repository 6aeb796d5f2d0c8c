import { expect } from 'chai';

import { chainIdsOf } from '../../src/domain/digest.ts';
import { exitCodeOf } from '../../src/errors.ts';
import { findImage } from '../../src/resolve/find-image.ts';
import { givenBase, type GivenBase } from '../../src/resolve/given-base.ts';
import { diffIdsOf, imageOf, snapshotOf, type ExampleImage } from './example-snapshot.ts';
import { refusal } from './refusal.ts';

const BASE = { tags: ['php:7'], layers: ['a', 'b'] };
const APP = { tags: ['my:1'], layers: ['a', 'b', 'x'] };

function given(from: string, images: readonly ExampleImage[] = [BASE, APP]): GivenBase {
  const snapshot = snapshotOf(images);
  return givenBase(snapshot, findImage(snapshot, 'my:1'), from);
}

function layersOf(answer: GivenBase): number | string {
  return 'base' in answer ? answer.base.layers : answer.kind;
}

describe('given-base', () => {
  const diffIds = diffIdsOf(APP.layers);
  const chains = chainIdsOf(diffIds);

  describe('every form of --from', () => {
    const cases: [string, string, number][] = [
      ['an image by name', 'php:7', 2],
      ['an image by full name', 'docker.io/library/php:7', 2],
      ['an image by ID', imageOf(BASE).id, 2],
      ['an image by short ID', imageOf(BASE).id.slice(7, 19), 2],
      ['a DiffID', diffIds[1]!, 2],
      ['a DiffID without sha256:', diffIds[1]!.slice(7), 2],
      ['the DiffID of the first layer, which is its ChainID too', diffIds[0]!, 1],
      ['a ChainID', chains[1]!, 2],
      ['a ChainID without sha256:', chains[1]!.slice(7), 2],
      ['the top of the image itself', chains[2]!, 3],
      ['a number', '2', 2],
      ['all its layers', '3', 3],
      ['scratch', 'scratch', 0],
    ];
    for (const [name, from, layers] of cases) {
      it(name, () => {
        const answer = given(from);
        expect(layersOf(answer)).to.equal(layers);
        expect(answer).to.have.nested.property('base.evidence', `--from ${from}`);
      });
    }
  });

  it('names the local image that the lowest layers are', () => {
    expect(given('2')).to.have.nested.property('base.name', 'php:7');
    expect(given('2')).to.have.nested.property('base.imageId', imageOf(BASE).id);
    expect(given(diffIds[0]!)).to.have.nested.property('base.name', 'its lowest 1 layer');
    expect(given(diffIds[0]!)).to.have.nested.property('base.imageId', undefined);
    expect(given('2', [APP])).to.have.nested.property('base.name', 'its lowest 2 layers');
  });

  it('prefers a tagged one among such images', () => {
    const nameless = { layers: ['a', 'b'] };
    expect(given('2', [nameless, BASE, APP])).to.have.nested.property('base.name', 'php:7');
  });

  describe('a number out of range', () => {
    const cases: [string, RegExp, RegExp][] = [
      ['0', /^--from 0: my:1 has 3 layers$/, /--from scratch/],
      ['000', /my:1 has 3 layers$/, /--from scratch/],
    ];
    for (const [from, message, hint] of cases) {
      it(from, () => {
        const error = refusal(() => given(from));
        expect(error.code).to.equal('USAGE');
        expect(exitCodeOf(error.code)).to.equal(64);
        expect(error.message).to.match(message);
        expect(error.hint).to.match(hint);
      });
    }

    for (const from of ['4', '999']) {
      it(from, () => {
        let answer: GivenBase;
        try {
          answer = given(from);
        } catch (error) {
          expect(error).to.have.property('code', 'USAGE');
          expect(error).to.have.property('message', `--from ${from}: my:1 has 3 layers`);
          return;
        }
        expect(answer).to.have.nested.property('error.code', 'USAGE');
      });
    }
  });

  it('four digits and more are an ID or a name', () => {
    expect(given('1234')).to.have.property('kind', 'not-there');
    expect(given('1234', [{ tags: ['1234:latest'], layers: ['a'] }, APP])).to.have.nested.property(
      'base.layers',
      1,
    );
  });

  describe('a DiffID that occurs twice', () => {
    const twice = { tags: ['my:1'], layers: ['a', 'e', 'b', 'e', 'x'] };

    it('is refused, with the ChainIDs to type instead', () => {
      const [e] = diffIdsOf(['e']);
      const error = refusal(() => given(e!, [twice]));
      expect(error.code).to.equal('NOT_BUILT_ON_FROM');
      expect(error.message).to.match(/twice$/);
      const typed = [...(error.hint ?? '').matchAll(/--from (\S+)/g)].map(([, from]) => from!);
      expect(typed.map((from) => layersOf(given(from, [twice])))).to.deep.equal([2, 4]);
    });

    it("does not matter for the ChainID, which a base's image has too", () => {
      const base = { tags: ['php:7'], layers: ['a', 'e', 'b', 'e'] };
      expect(layersOf(given('php:7', [base, twice]))).to.equal(4);
    });

    it('is refused when one of the two is the first layer, whose ChainID reads the same', () => {
      // Taken silently for the first, an old layer would stay above the new base (peers.md 3).
      const first = { tags: ['my:1'], layers: ['e', 'a', 'e', 'x'] };
      const [e] = diffIdsOf(['e']);
      expect(refusal(() => given(e!, [first])).code).to.equal('NOT_BUILT_ON_FROM');
    });
  });

  it('an image that is not there, and one that the image is not built on, are told apart', () => {
    expect(given('nothere:1')).to.have.nested.property('error.code', 'IMAGE_NOT_FOUND');
    const other = { tags: ['debian:12'], layers: ['a', 'd'] };
    expect(given('debian:12', [BASE, APP, other])).to.have.nested.property(
      'error.code',
      'NOT_BUILT_ON_FROM',
    );
  });

  it('the image itself', () => {
    expect(given('my:1')).to.deep.equal({ kind: 'same-image' });
    expect(given(imageOf(APP).id)).to.deep.equal({ kind: 'same-image' });
  });
});
