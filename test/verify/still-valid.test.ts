import { expect } from 'chai';

import type { BoundPlan } from '../../src/domain/bound-plan.ts';
import { imageIdOf, type ChainID, type ImageID } from '../../src/domain/digest.ts';
import type { LayerDirectory, LayerRecord, Snapshot } from '../../src/domain/snapshot.ts';
import { bindPlan, chainsOf } from '../../src/plan/bind-plan.ts';
import { changesSince, concernedChains } from '../../src/verify/still-valid.ts';
import { soundLayers, topOf } from '../plan/example-layers.ts';
import { rebased } from '../plan/example-rebase.ts';
import { retagged, snapshotOf, type ExampleImage } from '../resolve/example-snapshot.ts';

const OLD: ExampleImage = { tags: ['base:1'], layers: ['a'] };
const NEW: ExampleImage = { tags: ['base:2'], layers: ['b'] };
const APP: ExampleImage = { tags: ['my:1'], layers: ['a', 'x', 'y'] };
const SETTINGS_ONLY: ExampleImage = {
  tags: ['my:1'],
  layers: ['a'],
  history: ['ADD a', 'ENV x=1 (e)'],
};

interface Bound {
  readonly bound: BoundPlan;
  readonly snapshot: Snapshot;
}

function boundFor(
  app: ExampleImage,
  { tag, more = [] }: { tag?: string; more?: readonly (readonly string[])[] } = {},
): Bound {
  const layers = soundLayers(OLD.layers, NEW.layers, app.layers, ...more);
  const snapshot = { ...snapshotOf([OLD, NEW, app]), layers };
  const plan = { images: [rebased(snapshot, { image: 'my:1', onto: 'base:2', tag })] };
  expect(chainsOf(plan)).not.to.deep.equal([]);
  return { bound: bindPlan(plan, snapshot, { cacheIds: new Set(), links: new Set() }), snapshot };
}

/** Changes as the program finds them: it reads the layers that are concerned, and no others. */
function changes({ bound, snapshot }: Bound): string[] {
  const read = concernedChains(bound).flatMap((chainId): [ChainID, LayerRecord][] => {
    const layer = snapshot.layers.get(chainId);
    return layer === undefined ? [] : [[chainId, layer]];
  });
  return changesSince(bound, { ...snapshot, layers: new Map(read) });
}

function withoutLayer({ bound, snapshot }: Bound, chainId: ChainID): Bound {
  const layers = new Map(snapshot.layers);
  layers.delete(chainId);
  return { bound, snapshot: { ...snapshot, layers } };
}

const gone = imageIdOf('another image');

describe('still-valid', () => {
  it('has nothing against a store that is as it was', () => {
    expect(changes(boundFor(APP))).to.deep.equal([]);
    expect(changes(boundFor(APP, { tag: 'my:2' }))).to.deep.equal([]);
    expect(changes(boundFor(SETTINGS_ONLY))).to.deep.equal([]);
    expect(changes(boundFor(APP, { more: [['b', 'x']] }))).to.deep.equal([]);
  });

  it('does not mind other images, tags and layers that have come since', () => {
    const { bound, snapshot } = boundFor(APP);
    const layers = new Map([...snapshot.layers, ...soundLayers(['z'])]);
    expect(
      changes({ bound, snapshot: { ...retagged(snapshot, { 'z:1': gone }), layers } }),
    ).to.deep.equal([]);
  });

  describe('tags', () => {
    const cases: [string, string | undefined, Record<string, ImageID | undefined>][] = [
      ['moved by somebody else', undefined, { 'my:1': gone }],
      ['removed', undefined, { 'my:1': undefined }],
      ['taken, where there was none', 'my:2', { 'my:2': gone }],
    ];
    for (const [name, tag, change] of cases) {
      it(name, () => {
        const { bound, snapshot } = boundFor(APP, tag === undefined ? {} : { tag });
        const key = tag ?? 'my:1';
        const [message] = changes({ bound, snapshot: retagged(snapshot, change) });
        expect(message).to.match(new RegExp(`^${key} `));
      });
    }
  });

  describe('layers', () => {
    it("the new base's top is gone", () => {
      expect(changes(withoutLayer(boundFor(APP), topOf('b')))).to.have.length(1);
    });

    it("the new base's top is gone, and the app has no layer of its own", () => {
      expect(changes(withoutLayer(boundFor(SETTINGS_ONLY), topOf('b')))).to.have.length(1);
    });

    describe("the new base's top was made anew, under other names", () => {
      const short = topOf('b').slice(7, 19);
      const cases: [string, Partial<LayerDirectory>][] = [
        ['another link', { link: 'Z'.repeat(26) }],
        ['another lower', { lower: `l/${'Z'.repeat(26)}` }],
        ['no link', { link: undefined }],
      ];
      for (const [name, change] of cases) {
        it(name, () => {
          const { bound, snapshot } = boundFor(APP);
          const top = snapshot.layers.get(topOf('b'))!;
          const directory = { ...top.directory!, ...change };
          const layers = new Map(snapshot.layers).set(top.chainId, { ...top, directory });
          expect(changes({ bound, snapshot: { ...snapshot, layers } })).to.deep.equal([
            `layer ${short} of the new base is not what it was`,
          ]);
        });
      }
    });

    it('a chain that was to be used is gone', () => {
      const bound = boundFor(APP, { more: [['b', 'x']] });
      const found = changes(withoutLayer(bound, topOf('b', 'x')));
      expect(found.join('\n')).to.match(/^layer [0-9a-f]{12} .*(gone|not what it was)/);
    });

    it('a chain that was to be added is there', () => {
      const { bound, snapshot } = boundFor(APP);
      const layers = new Map([...snapshot.layers, ...soundLayers(['b', 'x'])]);
      expect(changes({ bound, snapshot: { ...snapshot, layers } })).to.deep.equal([
        `layer ${topOf('b', 'x').slice(7, 19)} is there by now`,
      ]);
    });
  });

  it("the journal's config is not what its ID says", () => {
    const { bound, snapshot } = boundFor(APP);
    const [image] = bound.images;
    const changed = { ...bound, images: [{ ...image!, configText: `${image!.configText}\n` }] };
    expect(changes({ bound: changed, snapshot })).to.have.length(1);
  });
});
