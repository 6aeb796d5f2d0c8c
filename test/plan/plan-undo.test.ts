import { expect } from 'chai';

import { shortId, type ChainID, type ImageID } from '../../src/domain/digest.ts';
import type { TransactionState } from '../../src/domain/report.ts';
import type { LayerRecord, Snapshot } from '../../src/domain/snapshot.ts';
import { NO_VERSIONS } from '../../src/domain/overlay/version.ts';
import { bindPlan } from '../../src/plan/bind-plan.ts';
import {
  planUndo,
  type DoneTransaction,
  type LayerUse,
  type UndoPlan,
} from '../../src/plan/plan-undo.ts';
import {
  imageOf,
  retagged,
  snapshotOf,
  without,
  type ExampleImage,
} from '../resolve/example-snapshot.ts';
import { cacheIdOf, NOTHING_SWITCHED, soundLayers, topOf } from './example-layers.ts';
import { applied, rebased, type ExampleRequest } from './example-rebase.ts';

const OLD: ExampleImage = { tags: ['base:1'], layers: ['a'] };
const NEW: ExampleImage = { tags: ['base:2'], layers: ['b'] };
const APP: ExampleImage = { tags: ['my:1'], layers: ['a', 'x', 'y'] };
const REQUEST: ExampleRequest = { image: 'my:1', onto: 'base:2' };

/** A store with the transactions that were published on it, in order. */
interface Host {
  readonly snapshot: Snapshot;
  readonly done: readonly DoneTransaction[];
}

function hostWith(...images: readonly ExampleImage[]): Host {
  const layers = soundLayers(...images.map((image) => image.layers));
  return { snapshot: { ...snapshotOf(images), layers }, done: [] };
}

/** The host after one more transaction. */
function after(host: Host, ...requests: readonly ExampleRequest[]): Host {
  const { snapshot, done } = host;
  const taken = { cacheIds: new Set<string>(), links: new Set<string>() };
  const rebases = requests.map((request) => rebased(snapshot, request));
  const bound = bindPlan({ images: rebases }, snapshot, taken);
  const layers: Map<ChainID, LayerRecord> = new Map(snapshot.layers);
  for (const layer of bound.layers) {
    const { chainId, diffId, parent, cacheId, link, lower } = layer;
    const linkTarget = `../${cacheId}/diff`;
    const versions = NO_VERSIONS;
    const directory = { hasDiff: true, link, lower, linkTarget, committed: false, versions };
    layers.set(chainId, { chainId, diff: diffId, size: '1', cacheId, parent, directory });
  }
  for (const [chainId, layer] of layers) {
    const marked = bound.committed.includes(layer.cacheId ?? '');
    if (!marked || layer.directory === undefined) continue;
    layers.set(chainId, { ...layer, directory: { ...layer.directory, committed: true } });
  }
  const written = rebases.reduce(applied, snapshot);
  const images = rebases.map(({ reference, before, after: result, newBase }) => ({
    tag: reference,
    before: before.imageId,
    after: result.imageId,
    newBase: newBase.name,
  }));
  const number = done.length + 1;
  return {
    snapshot: { ...written, layers },
    done: [...done, { number, state: 'published', images, bound }],
  };
}

function undo(
  { snapshot, done }: Host,
  number = done.length,
  use: Partial<LayerUse> = {},
): UndoPlan {
  const layers = [...snapshot.layers.values()];
  return planUndo(done[number - 1]!, done, {
    snapshot,
    switched: NOTHING_SWITCHED,
    use: {
      parents: new Map(
        layers.map(({ chainId, parent }) => [chainId, parent as ChainID | undefined]),
      ),
      cacheIds: new Map(layers.map(({ chainId, cacheId }) => [chainId, cacheId!])),
      mounted: new Set(),
      buildkit: new Set(),
      ...use,
    },
  });
}

/** The host after an undo, as apply leaves it. */
function undone(host: Host, number: number): Host {
  const { refusals, removable } = undo(host, number);
  expect(refusals).to.deep.equal([]);
  const back = retagged(
    host.snapshot,
    Object.fromEntries(removable.tags.map(({ key, before }) => [key, before])),
  );
  const layers = new Map(host.snapshot.layers);
  for (const { chainId } of removable.layers) layers.delete(chainId);
  const gone = removable.images.map(({ imageId }) => imageId);
  const state: TransactionState = 'undone';
  return {
    snapshot: { ...without(back, gone), layers },
    done: host.done.map((one) => (one.number === number ? { ...one, state } : one)),
  };
}

function chainsIn({ removable }: UndoPlan): ChainID[] {
  return removable.layers.map(({ chainId }) => chainId);
}

function resultOf({ done }: Host, number = done.length): ImageID {
  return done[number - 1]!.images[0]!.after;
}

const container = (imageId: ImageID, name = 'web'): Snapshot['containers'][number] => ({
  id: 'c'.repeat(64),
  name,
  imageId,
  driver: 'overlay2',
  running: false,
});

describe('plan-undo', () => {
  const one = after(hostWith(OLD, NEW, APP), REQUEST);
  const oldImage = imageOf(APP).id;

  it('takes back all that one rebase made: tag, image, layers and mark', () => {
    const plan = undo(one);
    expect(plan.refusals).to.deep.equal([]);
    expect(plan.notes).to.deep.equal([]);
    expect(plan.removable.tags).to.deep.equal([
      { repository: 'my', key: 'my:1', before: oldImage, after: resultOf(one) },
    ]);
    expect(plan.removable.images.map(({ imageId }) => imageId)).to.deep.equal([resultOf(one)]);
    expect(chainsIn(plan)).to.deep.equal([topOf('b', 'x'), topOf('b', 'x', 'y')]);
    expect(plan.removable.committed).to.deep.equal([cacheIdOf(topOf('b'))]);
  });

  it('leaves the store as it was', () => {
    const first = hostWith(OLD, NEW, APP).snapshot;
    const { snapshot } = undone(one, 1);
    expect([...snapshot.images.keys()]).to.have.members([...first.images.keys()]);
    expect([...snapshot.layers.keys()]).to.have.members([...first.layers.keys()]);
    expect(snapshot.tags.byKey).to.deep.equal(first.tags.byKey);
  });

  it('removes a tag that it made, and with --keep-old both', () => {
    const tagged = after(hostWith(OLD, NEW, APP), { ...REQUEST, tag: 'my:2', keepOld: 'my:old' });
    expect(undo(tagged).removable.tags.map(({ key, before }) => [key, before])).to.deep.equal([
      ['my:2', undefined],
      ['my:old', undefined],
    ]);
    expect(undo(tagged).refusals).to.deep.equal([]);
  });

  describe('refusals', () => {
    const built: ExampleImage = {
      tags: ['built:1'],
      layers: ['b', 'x', 'y', 'z'],
      history: ['ADD b', 'ADD x', 'ADD y', 'RUN z'],
    };
    const withImage = (image: ExampleImage): Snapshot => {
      const record = imageOf(image);
      const images = new Map(one.snapshot.images).set(record.id, record);
      const tags = Object.fromEntries((image.tags ?? []).map((key) => [key, record.id]));
      return retagged({ ...one.snapshot, images }, tags);
    };
    const cases: [string, Snapshot, string[]][] = [
      [
        'the old image was pruned',
        without(one.snapshot, [oldImage]),
        [`the old image ${shortId(oldImage)} of my:1 is gone`],
      ],
      [
        'somebody else tagged the result',
        retagged(one.snapshot, { 'prod:1': resultOf(one) }),
        ['the tag prod:1 names the result'],
      ],
      [
        'a container was made from it, stopped or not',
        { ...one.snapshot, containers: [container(resultOf(one))] },
        ['the container web was made from the result'],
      ],
      [
        'a container without a name',
        { ...one.snapshot, containers: [container(resultOf(one), '')] },
        ['the container cccccccccccc was made from the result'],
      ],
      ['an image was built on it', withImage(built), ['the image built:1 was built on the result']],
      [
        'an image of settings only was built on it',
        withImage({
          tags: ['built:1'],
          layers: ['b', 'x', 'y'],
          history: ['ADD b', 'ADD x', 'ADD y', 'ENV z=1 (e)'],
        }),
        ['the image built:1 was built on the result'],
      ],
      [
        'an image says that it is its parent',
        withImage({ layers: ['b', 'x', 'y'], history: 'absent', parent: resultOf(one) }),
        [
          `the image ${shortId(imageOf({ layers: ['b', 'x', 'y'], history: 'absent' }).id)} was built on the result`,
        ],
      ],
    ];
    for (const [name, snapshot, refusals] of cases) {
      it(name, () => {
        expect(undo({ ...one, snapshot }).refusals).to.deep.equal(refusals);
      });
    }

    it('a later transaction rebased the result again', () => {
      const third = { tags: ['base:3'], layers: ['c'] };
      const twice = after(after(hostWith(OLD, NEW, third, APP), REQUEST), {
        image: 'my:1',
        onto: 'base:3',
      });
      expect(undo(twice, 1).refusals).to.deep.equal([
        'transaction 2 rebased the result again: undo it first',
      ]);
      expect(undo(twice, 2).refusals).to.deep.equal([]);
      expect(undo(undone(twice, 2), 1).refusals).to.deep.equal([]);
    });

    it('names all that depends on it at once', () => {
      const snapshot = {
        ...retagged(withImage(built), { 'prod:1': resultOf(one) }),
        containers: [container(resultOf(one))],
      };
      expect(undo({ ...one, snapshot }).refusals).to.have.length(3);
    });

    it('not for containers and images of the old image, nor for the same layers elsewhere', () => {
      const twin = withImage({ tags: ['twin:1'], layers: ['b', 'x', 'y'], history: ['other'] });
      const snapshot = { ...twin, containers: [container(oldImage)] };
      expect(undo({ ...one, snapshot }).refusals).to.deep.equal([]);
    });

    it('not for a digest reference, which a push gives: it goes with the image', () => {
      const pushed = `my@sha256:${'d'.repeat(64)}`;
      const snapshot = retagged(one.snapshot, { [pushed]: resultOf(one) });
      const plan = undo({ ...one, snapshot });
      expect(plan.refusals).to.deep.equal([]);
      expect(plan.removable.tags.map(({ key }) => key)).to.deep.equal(['my:1', pushed]);
      expect(plan.removable.tags[1]).to.include({ repository: 'my', before: undefined });
    });
  });

  describe('tags that moved since', () => {
    const other = imageOf({ layers: ['z'] });

    it('are left as they are, and that is said', () => {
      const snapshot = retagged(
        { ...one.snapshot, images: new Map(one.snapshot.images).set(other.id, other) },
        { 'my:1': other.id },
      );
      const plan = undo({ ...one, snapshot });
      expect(plan.removable.tags).to.deep.equal([]);
      expect(plan.notes).to.deep.equal(['my:1 names another image by now and is left as it is']);
      expect(plan.removable.images).to.have.length(1);
      expect(plan.removable.layers).to.have.length(2);
    });

    it('need no old image any more', () => {
      const snapshot = retagged(without(one.snapshot, [oldImage]), { 'my:1': other.id });
      expect(undo({ ...one, snapshot }).refusals).to.deep.equal([]);
    });

    it('by hand to where they were: nothing to say', () => {
      const snapshot = retagged(one.snapshot, { 'my:1': oldImage });
      const plan = undo({ ...one, snapshot });
      expect(plan.notes).to.deep.equal([]);
      expect(plan.removable.tags).to.deep.equal([]);
      expect(plan.removable.images).to.have.length(1);
    });
  });

  describe('ownership over all transactions', () => {
    const second: ExampleImage = { tags: ['my:2'], layers: ['a', 'x', 'z'] };
    const host = after(after(hostWith(OLD, NEW, APP, second), REQUEST), {
      image: 'my:2',
      onto: 'base:2',
    });

    it('a layer that a later one uses again stays', () => {
      expect(chainsIn(undo(host, 1))).to.deep.equal([topOf('b', 'x', 'y')]);
      expect(undo(host, 1).removable.committed).to.deep.equal([]);
    });

    it('and goes with the last that uses it, whoever made it', () => {
      const rest = undone(host, 1);
      const plan = undo(rest, 2);
      expect(chainsIn(plan)).to.deep.equal([topOf('b', 'x'), topOf('b', 'x', 'z')]);
      expect(plan.removable.committed).to.deep.equal([cacheIdOf(topOf('b'))]);
      expect(undone(rest, 2).snapshot.layers).to.have.length(
        hostWith(OLD, NEW, APP, second).snapshot.layers.size,
      );
    });

    it('in either order', () => {
      const rest = undone(host, 2);
      expect(chainsIn(undo(rest, 1))).to.deep.equal([topOf('b', 'x'), topOf('b', 'x', 'y')]);
    });

    it('the same image under two tags stays until both are taken back', () => {
      const two = { ...APP, tags: ['my:1', 'my:2'] };
      const both = after(after(hostWith(OLD, NEW, two), REQUEST), {
        image: 'my:2',
        onto: 'base:2',
      });
      const first = undo(both, 1);
      expect(first.refusals).to.deep.equal([]);
      expect(first.removable.images).to.deep.equal([]);
      expect(first.removable.layers).to.deep.equal([]);
      const last = undo(undone(both, 1), 2);
      expect(last.removable.images).to.have.length(1);
      expect(last.removable.layers).to.have.length(2);
    });

    it('an image and layers that were there before are nobody’s to remove', () => {
      const there: ExampleImage = { tags: ['there:1'], layers: ['b', 'x', 'q'] };
      const plan = undo(after(hostWith(OLD, NEW, APP, there), REQUEST));
      expect(chainsIn(plan)).to.deep.equal([topOf('b', 'x', 'y')]);
      expect(plan.removable.committed).to.deep.equal([]);
    });

    it('of a chain that docker has made anew only our own directory goes', () => {
      const { snapshot } = one;
      const top = snapshot.layers.get(topOf('b', 'x', 'y'))!;
      const layers = new Map(snapshot.layers).set(top.chainId, { ...top, cacheId: 'f'.repeat(64) });
      const { removable } = undo({ ...one, snapshot: { ...snapshot, layers } });
      // The middle one stays below docker's.
      expect(removable.layers.map(({ cacheId }) => cacheId)).to.deep.equal([top.cacheId]);
      expect(removable.committed).to.deep.equal([]);
    });

    it('of a chain that docker has made anew our directory stays below a layer that stays', () => {
      const { snapshot } = one;
      const middle = snapshot.layers.get(topOf('b', 'x'))!;
      const layers = new Map(snapshot.layers).set(middle.chainId, {
        ...middle,
        cacheId: 'f'.repeat(64),
      });
      const changed = { ...one, snapshot: { ...snapshot, layers } };
      const mounted = new Set([topOf('b', 'x', 'y')]);
      expect(chainsIn(undo(changed, 1, { mounted }))).to.deep.equal([]);
      const both = undo(changed).removable.layers.map(({ cacheId }) => cacheId);
      expect(both).to.include(middle.cacheId).and.to.have.length(2);
    });
  });

  describe('what holds layers besides images', () => {
    const top = topOf('b', 'x', 'y');
    const middle = topOf('b', 'x');
    const cases: [string, Partial<LayerUse>, ChainID[]][] = [
      ['a mount on the top', { mounted: new Set([top]) }, []],
      ['a mount in the middle', { mounted: new Set([middle]) }, [top]],
      ["BuildKit's cache names the top", { buildkit: new Set([top]) }, []],
      ["BuildKit's cache names the middle", { buildkit: new Set([middle]) }, [top]],
      [
        "BuildKit's cache names what is not there",
        { buildkit: new Set([topOf('q')]) },
        [middle, top],
      ],
    ];
    for (const [name, use, chains] of cases) {
      it(name, () => {
        expect(chainsIn(undo(one, 1, use))).to.deep.equal(chains);
      });
    }

    it('a layer that dockerd made on one of ours', () => {
      const child = soundLayers(['b', 'x', 'child']).get(topOf('b', 'x', 'child'))!;
      const layers = new Map(one.snapshot.layers).set(child.chainId, child);
      const snapshot = { ...one.snapshot, layers };
      expect(chainsIn(undo({ ...one, snapshot }))).to.deep.equal([top]);
    });
  });

  describe('tags that stay so that no image is lost', () => {
    const other = imageOf({ layers: ['z'] });

    it('the one that --keep-old gave, when it is the last of the old image, and says so', () => {
      const host = after(hostWith(OLD, NEW, APP), { ...REQUEST, keepOld: 'my:old' });
      const images = new Map(host.snapshot.images).set(other.id, other);
      const snapshot = retagged({ ...host.snapshot, images }, { 'my:1': other.id });
      const plan = undo({ ...host, snapshot });
      expect(plan.refusals).to.deep.equal([]);
      expect(plan.removable.tags).to.deep.equal([]);
      expect(plan.notes).to.deep.equal([
        'my:1 names another image by now and is left as it is',
        `my:old stays: it is the only tag of ${shortId(oldImage)}`,
      ]);
      const twice = retagged(snapshot, { 'mine:1': oldImage });
      const second = undo({ ...host, snapshot: twice });
      expect(
        second.removable.tags.map(({ key }) => key),
        'with another tag',
      ).to.deep.equal(['my:old']);
    });

    it('one put on an untagged image that was there before, as after a rebase there and back', () => {
      const host = after(after(hostWith(OLD, NEW, APP), REQUEST), {
        image: 'my:1',
        onto: 'base:1',
        tag: 'my:back',
      });
      expect(resultOf(host), 'there and back').to.equal(oldImage);
      const plan = undo(host, 2);
      expect(plan.removable.tags).to.deep.equal([]);
      expect(plan.removable.images).to.deep.equal([]);
      expect(plan.notes).to.deep.equal([
        `my:back stays: it is the only tag of ${shortId(oldImage)}`,
      ]);
    });

    it('one whose old image is gone: it never names what is not there', () => {
      const plan = undo({ ...one, snapshot: without(one.snapshot, [oldImage]) });
      expect(plan.removable.tags).to.deep.equal([]);
    });
  });

  it('an image that a container uses is not removable, nor are its layers', () => {
    const snapshot = { ...one.snapshot, containers: [container(resultOf(one))] };
    const { removable } = undo({ ...one, snapshot });
    expect(removable.images).to.deep.equal([]);
    expect(removable.layers).to.deep.equal([]);
  });

  describe('the mark on the new base', () => {
    it('stays when a child has come since', () => {
      const child = soundLayers(['b', 'child']).get(topOf('b', 'child'))!;
      const layers = new Map(one.snapshot.layers).set(child.chainId, child);
      const plan = undo({ ...one, snapshot: { ...one.snapshot, layers } });
      expect(plan.removable.layers).to.have.length(2);
      expect(plan.removable.committed).to.deep.equal([]);
    });

    it('stays when a container stands on it', () => {
      const plan = undo(one, 1, { mounted: new Set([topOf('b')]) });
      expect(plan.removable.committed).to.deep.equal([]);
    });

    it("stays when BuildKit's cache names it", () => {
      const plan = undo(one, 1, { buildkit: new Set([topOf('b')]) });
      expect(plan.removable.layers).to.have.length(2);
      expect(plan.removable.committed).to.deep.equal([]);
    });

    it('stays when it was there before us', () => {
      const host = after(hostWith(OLD, NEW, APP, { layers: ['b', 'child'] }), REQUEST);
      expect(host.done[0]?.bound.committed).to.deep.equal([]);
      const layers = new Map(host.snapshot.layers);
      layers.delete(topOf('b', 'child'));
      expect(
        undo({ ...host, snapshot: { ...host.snapshot, layers } }).removable.committed,
      ).to.deep.equal([]);
    });
  });
});
