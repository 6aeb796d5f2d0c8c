import { expect } from 'chai';

import type { BoundPlan } from '../../src/domain/bound-plan.ts';
import type { ChainID } from '../../src/domain/digest.ts';
import { NO_VERSIONS } from '../../src/domain/overlay/version.ts';
import { isLinkName } from '../../src/domain/overlay-layer.ts';
import type { PlannedRebase } from '../../src/domain/plan.ts';
import type { LayerRecord, Snapshot } from '../../src/domain/snapshot.ts';
import { bindPlan, chainsOf, type TakenNames } from '../../src/plan/bind-plan.ts';
import { chainProblems } from '../../src/verify/layer-chain.ts';
import { diffIdsOf, snapshotOf, type ExampleImage } from '../resolve/example-snapshot.ts';
import { refusal } from '../resolve/refusal.ts';
import { cacheIdOf, linkOf, soundLayers, topOf } from './example-layers.ts';
import { applied, rebased, type ExampleRequest } from './example-rebase.ts';

const OLD: ExampleImage = { tags: ['base:1'], layers: ['a1', 'a2'] };
const NEW: ExampleImage = { tags: ['base:2'], layers: ['b1'] };
const APP: ExampleImage = { tags: ['my:1'], layers: ['a1', 'a2', 'x', 'y'] };
const REQUEST: ExampleRequest = { image: 'my:1', onto: 'base:2' };
const NOTHING_TAKEN: TakenNames = { cacheIds: new Set(), links: new Set() };

interface Binding {
  readonly images?: readonly ExampleImage[];
  readonly requests?: readonly ExampleRequest[];
  readonly taken?: TakenNames;
  /** Stacks that are there besides those of the images. */
  readonly more?: readonly (readonly string[])[];
  readonly change?: (layers: Map<ChainID, LayerRecord>) => void;
}

function bind({
  images = [OLD, NEW, APP],
  requests = [REQUEST],
  taken = NOTHING_TAKEN,
  more = [],
  change,
}: Binding = {}): { bound: BoundPlan; snapshot: Snapshot; rebases: PlannedRebase[] } {
  const layers: Map<ChainID, LayerRecord> = soundLayers(
    ...images.map((image) => image.layers),
    ...more,
  );
  change?.(layers);
  const snapshot = { ...snapshotOf(images), layers };
  const rebases = requests.map((request) => rebased(snapshot, request));
  return { bound: bindPlan({ images: rebases }, snapshot, taken), snapshot, rebases };
}

describe('bind-plan', () => {
  it('adds a layer for each of the app, parents first, on the top of the new base', () => {
    const { bound } = bind();
    expect(
      bound.layers.map(({ chainId, parent, source }) => ({ chainId, parent, source })),
    ).to.deep.equal([
      {
        chainId: topOf('b1', 'x'),
        parent: topOf('b1'),
        source: {
          chainId: topOf('a1', 'a2', 'x'),
          cacheId: cacheIdOf(topOf('a1', 'a2', 'x')),
        },
      },
      {
        chainId: topOf('b1', 'x', 'y'),
        parent: topOf('b1', 'x'),
        source: {
          chainId: topOf('a1', 'a2', 'x', 'y'),
          cacheId: cacheIdOf(topOf('a1', 'a2', 'x', 'y')),
        },
      },
    ]);
    expect(bound.layers.map(({ diffId }) => diffId)).to.deep.equal(diffIdsOf(['x', 'y']));
    expect(bound.reused).to.deep.equal([]);
  });

  it('makes the entry of the seed documents', () => {
    const { bound } = bind({
      images: [
        { tags: ['base:1'], layers: ['a'] },
        { tags: ['base:2'], layers: ['b'] },
        { tags: ['my:1'], layers: ['a', 'x'] },
      ],
    });
    expect(bound.layers).to.have.length(1);
    expect(bound.layers[0]).to.include({ chainId: topOf('b', 'x'), parent: topOf('b') });
    expect(bound.layers[0]?.lower).to.equal(`l/${linkOf(topOf('b'))}`);
  });

  it('gives every new layer names of its own: never those of its source', () => {
    const { bound, snapshot } = bind();
    const existing = [...snapshot.layers.values()];
    for (const { cacheId, link } of bound.layers) {
      expect(cacheId).to.match(/^[0-9a-f]{64}$/);
      expect(isLinkName(link), link).to.equal(true);
      expect(existing.map((layer) => layer.cacheId)).not.to.include(cacheId);
      expect(existing.map((layer) => layer.directory?.link)).not.to.include(link);
    }
    expect(new Set(bound.layers.map(({ link }) => link)).size).to.equal(2);
  });

  it('gives the same names on every run and every host', () => {
    const elsewhere = bind({ images: [APP, NEW, { layers: ['z'] }, OLD] }).bound;
    expect(bind().bound.layers).to.deep.equal(bind().bound.layers);
    expect(elsewhere.layers).to.deep.equal(bind().bound.layers);
  });

  it('lists the layers below from the nearest on, over several layers of a base', () => {
    const { bound } = bind({
      images: [OLD, { tags: ['base:2'], layers: ['b1', 'b2', 'b3'] }, APP],
    });
    const [first, second] = bound.layers;
    const base = [topOf('b1', 'b2', 'b3'), topOf('b1', 'b2'), topOf('b1')].map(linkOf);
    expect(first?.lower).to.equal(base.map((link) => `l/${link}`).join(':'));
    expect(second?.lower).to.equal(`l/${first!.link}:${first!.lower!}`);
    expect(bound.tops).to.have.length(1);
    expect(bound.tops[0]).to.include({
      chainId: second!.chainId,
      lowerdir: `l/${second!.link}:${second!.lower!}`,
    });
  });

  it('is sound once it is written', () => {
    const { bound, snapshot, rebases } = bind();
    const written = bound.layers.map((layer): [ChainID, LayerRecord] => [
      layer.chainId,
      {
        chainId: layer.chainId,
        diff: layer.diffId,
        size: '1',
        cacheId: layer.cacheId,
        parent: layer.parent,
        directory: {
          hasDiff: true,
          link: layer.link,
          lower: layer.lower,
          linkTarget: `../${layer.cacheId}/diff`,
          committed: false,
          versions: NO_VERSIONS,
        },
      },
    ]);
    const after = new Map([...snapshot.layers, ...written]);
    expect(chainProblems(rebases[0]!.after.diffIds, after)).to.deep.equal([]);
  });

  describe('names that are taken', () => {
    const first = bind().bound.layers[0]!;
    const cases: [string, TakenNames][] = [
      ['a cache-id', { cacheIds: new Set([first.cacheId]), links: new Set() }],
      ['a link', { cacheIds: new Set(), links: new Set([first.link]) }],
    ];
    for (const [name, taken] of cases) {
      it(`${name}: both names of that layer move on, and no others`, () => {
        const [moved, other] = bind({ taken }).bound.layers;
        expect(moved?.cacheId).not.to.equal(first.cacheId);
        expect(moved?.link).not.to.equal(first.link);
        expect(other?.cacheId).to.equal(bind().bound.layers[1]?.cacheId);
        expect(other?.lower).to.equal(`l/${moved!.link}:${moved!.lower!}`);
      });
    }

    it('takes the smallest counter that is free for both', () => {
      const second = bind({ taken: cases[0]![1] }).bound.layers[0]!;
      const both = { cacheIds: new Set([first.cacheId]), links: new Set([second.link]) };
      const third = bind({ taken: both }).bound.layers[0]!;
      const all = [first, second, third].map(({ cacheId }) => cacheId);
      expect(new Set(all).size).to.equal(3);
      const gap = { cacheIds: new Set([second.cacheId]), links: new Set([third.link]) };
      expect(bind({ taken: gap }).bound.layers[0]?.cacheId).to.equal(first.cacheId);
    });
  });

  describe('chains that are there already', () => {
    it('are used as they are', () => {
      const { bound } = bind({ more: [['b1', 'x']] });
      expect(bound.reused).to.deep.equal([topOf('b1', 'x')]);
      expect(bound.layers.map(({ chainId }) => chainId)).to.deep.equal([topOf('b1', 'x', 'y')]);
      expect(bound.layers[0]?.lower).to.equal(
        `l/${linkOf(topOf('b1', 'x'))}:l/${linkOf(topOf('b1'))}`,
      );
    });

    it('all of them: only the image is new', () => {
      const { bound } = bind({ more: [['b1', 'x', 'y']] });
      expect(bound.layers).to.deep.equal([]);
      expect(bound.reused).to.have.length(2);
      expect(bound.committed).to.deep.equal([]);
      expect(bound.images).to.have.length(1);
      expect(bound.tops[0]?.chainId).to.equal(topOf('b1', 'x', 'y'));
    });
  });

  it('clones a layer that two images share once', () => {
    const second = { tags: ['my:2'], layers: ['a1', 'a2', 'x', 'z'] };
    const { bound } = bind({
      images: [OLD, NEW, APP, second],
      requests: [REQUEST, { image: 'my:2', onto: 'base:2' }],
    });
    expect(bound.layers.map(({ chainId }) => chainId)).to.deep.equal([
      topOf('b1', 'x'),
      topOf('b1', 'x', 'y'),
      topOf('b1', 'x', 'z'),
    ]);
    expect(bound.images).to.have.length(2);
    expect(bound.tops).to.have.length(2);
    expect(bound.tags.map(({ key }) => key)).to.deep.equal(['my:1', 'my:2']);
  });

  it('writes one image for two tags of it', () => {
    const { bound } = bind({
      images: [OLD, NEW, { ...APP, tags: ['my:1', 'my:2'] }],
      requests: [REQUEST, { image: 'my:2', onto: 'base:2' }],
    });
    expect(bound.images).to.have.length(1);
    expect(bound.tops).to.have.length(1);
    expect(bound.layers).to.have.length(2);
    expect(bound.tags).to.have.length(2);
  });

  it('does not write an image that is there', () => {
    const { snapshot, rebases } = bind();
    const done = applied(snapshot, rebases[0]!);
    const again = bindPlan({ images: rebases }, done, NOTHING_TAKEN);
    expect(again.images).to.deep.equal([]);
  });

  it('makes no layer for an app that has none: the proof is of the new base', () => {
    const app = { tags: ['my:1'], layers: OLD.layers, history: ['ADD a1', 'ADD a2', 'ENV x (e)'] };
    const { bound } = bind({ images: [OLD, NEW, app] });
    expect(bound.layers).to.deep.equal([]);
    expect(bound.reused).to.deep.equal([]);
    expect(bound.images).to.have.length(1);
    expect(bound.tops).to.have.length(1);
    expect(bound.tops[0]).to.include({
      chainId: topOf('b1'),
      lowerdir: `l/${linkOf(topOf('b1'))}`,
    });
  });

  describe('marks of having a child', () => {
    it('go on the top of the new base when nothing was built on it yet', () => {
      expect(bind().bound.committed).to.deep.equal([cacheIdOf(topOf('b1'))]);
    });

    it('do not when dockerd has set it', () => {
      const change = (layers: Map<ChainID, LayerRecord>): void => {
        const top = layers.get(topOf('b1'))!;
        layers.set(top.chainId, { ...top, directory: { ...top.directory!, committed: true } });
      };
      expect(bind({ change }).bound.committed).to.deep.equal([]);
    });

    it('go on a chain that is used again, once for several children', () => {
      const second = { tags: ['my:2'], layers: ['a1', 'a2', 'x', 'z'] };
      const { bound } = bind({
        images: [OLD, NEW, APP, second],
        requests: [REQUEST, { image: 'my:2', onto: 'base:2' }],
        more: [['b1', 'x']],
      });
      expect(bound.committed).to.deep.equal([cacheIdOf(topOf('b1', 'x'))]);
    });
  });

  it('clones BuildKit layers, whose cache-ids have 25 characters', () => {
    const cacheId = 'abcdefghijklmnopqrstuvwxy';
    const change = (layers: Map<ChainID, LayerRecord>): void => {
      const source = layers.get(topOf('a1', 'a2', 'x'))!;
      layers.set(source.chainId, { ...source, cacheId });
    };
    expect(bind({ change }).bound.layers[0]?.source.cacheId).to.equal(cacheId);
  });

  describe('what is not there', () => {
    it('the source of a layer', () => {
      for (const change of [
        (layers: Map<ChainID, LayerRecord>): void => {
          layers.delete(topOf('a1', 'a2', 'x'));
        },
        (layers: Map<ChainID, LayerRecord>): void => {
          const source = layers.get(topOf('a1', 'a2', 'x'))!;
          layers.set(source.chainId, { ...source, cacheId: undefined });
        },
      ]) {
        expect(refusal(() => bind({ change })).code).to.equal('STORE_DAMAGED');
      }
    });

    it('the top of the new base', () => {
      const change = (layers: Map<ChainID, LayerRecord>): void => {
        layers.delete(topOf('b1'));
      };
      expect(refusal(() => bind({ change })).code).to.equal('STORE_DAMAGED');
    });
  });

  it('looks at every chain of the images before and after', () => {
    const { rebases } = bind();
    expect(chainsOf({ images: rebases })).to.include.members([
      topOf('a1'),
      topOf('a1', 'a2', 'x', 'y'),
      topOf('b1'),
      topOf('b1', 'x', 'y'),
    ]);
  });
});
