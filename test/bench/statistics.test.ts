import { expect } from 'chai';

import {
  differencesOf,
  endOf,
  exponentOf,
  growthOf,
  ratiosOf,
  spreadOf,
  type Point,
} from '../../scripts/bench/statistics.ts';

describe('bench/statistics', () => {
  it('takes the middle of an odd series, and the mean of the two in the middle of an even one', () => {
    expect(spreadOf([9, 1, 5])).to.deep.equal({ min: 1, median: 5, max: 9 });
    expect(spreadOf([10, 2, 4, 1])).to.deep.equal({ min: 1, median: 3, max: 10 });
    expect(spreadOf([7])).to.deep.equal({ min: 7, median: 7, max: 7 });
  });

  it('refuses a series without values', () => {
    expect(() => spreadOf([])).to.throw(RangeError);
  });

  it('compares round with round, not median with median', () => {
    // The machine was slow in the second round, for both.
    expect(ratiosOf([2, 20], [1, 10])).to.deep.equal([2, 2]);
    expect(differencesOf([2, 20], [1, 10])).to.deep.equal([1, 10]);
    expect(() => ratiosOf([1, 2], [1])).to.throw(RangeError);
  });

  for (const k of [0, 0.5, 1, 2]) {
    it(`finds the exponent ${k} of a power law`, () => {
      const points = [1, 10, 100, 1000].map((size): Point => [size, 3 * size ** k]);
      expect(exponentOf(points)).to.be.closeTo(k, 1e-9);
    });
  }

  it('finds no exponent in one size', () => {
    expect(() => exponentOf([[10, 1]])).to.throw(RangeError);
    expect(() =>
      exponentOf([
        [10, 1],
        [10, 2],
      ]),
    ).to.throw(RangeError);
  });

  it('sees a curve grow behind the cost of its start', () => {
    const points = [1, 10, 100, 1000, 10_000].map((size): Point => [size, 300 + size]);
    expect(growthOf(exponentOf(points))).to.equal('below linear');
    const steep = [10, 1000, 10_000, 100_000].map((size): Point => [size, 300 + size]);
    expect(growthOf(exponentOf(endOf(steep)))).to.equal('linear');
  });

  it('has a word for each exponent', () => {
    expect([-0.1, 0, 0.14, 0.15, 0.84, 0.85, 1.15, 1.16, 2].map(growthOf)).to.deep.equal([
      ...['flat', 'flat', 'flat'],
      ...['below linear', 'below linear'],
      ...['linear', 'linear'],
      ...['worse than linear', 'worse than linear'],
    ]);
  });
});
