import { expect } from 'chai';
import { rebasesOf } from '../../src/domain/plan.ts';
import { imageResults } from '../../src/plan/image-results.ts';
import { exampleReport, MY_ALPINE } from '../render/example-report.ts';

/** An image, another that has one layer more, and one that was there already. */
const IMAGES = [
  MY_ALPINE,
  { ...MY_ALPINE, reference: 'more:1', appLayers: ['curl', 'app', 'more'] },
  { ...MY_ALPINE, reference: 'other:1', appLayers: ['other'] },
];

describe('plan/image-results', () => {
  const { plan, bound: listed } = exampleReport(IMAGES);
  const layers = [...new Map(listed.layers.map((layer) => [layer.chainId, layer])).values()];
  const bytes = new Map(layers.map(({ chainId }, at) => [chainId, 10 ** at]));

  it('counts a layer that images share once', () => {
    const applied = imageResults(plan, { ...listed, layers }, bytes).map((image) => image.applied);
    expect(applied).to.deep.equal([
      { cloned: 2, reused: 0, bytes: 11, verdict: 'SAFE' },
      { cloned: 1, reused: 2, bytes: 100, verdict: 'SAFE' },
      { cloned: 1, reused: 0, bytes: 1000, verdict: 'SAFE' },
    ]);
  });

  it('counts a layer that is there already as reused', () => {
    const [first, ...rest] = layers;
    const applied = imageResults(plan, { ...listed, layers: rest }, bytes).map(
      (image) => image.applied,
    );
    expect(first?.chainId).to.equal(rebasesOf(plan)[0]?.after.chainIds[1]);
    expect(applied.map((one) => [one?.cloned, one?.reused, one?.bytes])).to.deep.equal([
      [1, 1, 10],
      [1, 2, 100],
      [1, 0, 1000],
    ]);
  });

  it('names the tags that the result gets, and says why there is nothing to do', () => {
    const [first] = rebasesOf(plan);
    const { imageId } = first!.before;
    const done = { kind: 'nothing', reference: 'web:1', imageId, reason: 'it is there' } as const;
    const [rebased, unchanged] = imageResults({ images: [first!, done] }, listed, bytes);
    expect(rebased).to.deep.include({ outcome: 'rebased', tags: ['my-alpine:3.7'] });
    expect(unchanged).to.deep.equal({
      reference: 'web:1',
      outcome: 'unchanged',
      before: imageId,
      after: imageId,
      tags: [],
      reason: 'it is there',
    });
  });
});
