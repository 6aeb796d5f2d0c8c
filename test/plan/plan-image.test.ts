import { expect } from 'chai';
import fc from 'fast-check';

import { chainIdsOf, imageIdOf, type DiffID } from '../../src/domain/digest.ts';
import { layersIn, parseImageConfig } from '../../src/domain/image-config.ts';
import type { OldBase } from '../../src/domain/plan.ts';
import type { ImageRecord, Snapshot } from '../../src/domain/snapshot.ts';
import { planImage } from '../../src/plan/plan-image.ts';
import { findImage } from '../../src/resolve/find-image.ts';
import {
  diffIdsOf,
  imageOf,
  retagged,
  snapshotOf,
  without,
  type ExampleImage,
} from '../resolve/example-snapshot.ts';
import { refusal } from '../resolve/refusal.ts';
import { arbitraryTrio, arbitraryTrueTrio, type Trio } from './arbitrary-rebase.ts';
import { applied, historyLines, planned, rebased } from './example-rebase.ts';

const OLD: ExampleImage = { tags: ['base:1'], layers: ['a'], history: ['ADD a', 'CMD sh (e)'] };
const NEW = {
  tags: ['base:2'],
  layers: ['b1', 'b2'],
  history: ['ADD b1', 'ADD b2', 'CMD sh (e)'],
};
const APP: ExampleImage = {
  tags: ['my:1'],
  layers: ['a', 'x', 'y'],
  history: ['ADD a', 'CMD sh (e)', 'ENV x=1 (e)', 'RUN x', 'RUN y'],
};
const REQUEST = { image: 'my:1', onto: 'base:2' };

function storeOf({ old, next, app }: Trio): Snapshot {
  return snapshotOf([old, next, app]);
}

function ownLayers({ old, app }: Trio): DiffID[] {
  return diffIdsOf(app.layers.slice(old.layers.length));
}

describe('plan-image', () => {
  it("puts the new base's layers under the app's own, and its history before", () => {
    const plan = rebased(snapshotOf([OLD, NEW, APP]), REQUEST);
    const diffIds = diffIdsOf(['b1', 'b2', 'x', 'y']);
    expect(plan.after.diffIds).to.deep.equal(diffIds);
    expect(plan.after.chainIds).to.deep.equal(chainIdsOf(diffIds));
    expect(plan.after.imageId).to.equal(imageIdOf(plan.after.configText));
    expect(historyLines(plan.after.configText)).to.deep.equal([
      'ADD b1',
      'ADD b2',
      'CMD sh (e)',
      'ENV x=1 (e)',
      'RUN x',
      'RUN y',
    ]);
    expect(plan.before).to.deep.include({
      imageId: imageOf(APP).id,
      configText: imageOf(APP).text,
    });
    expect(plan.newBase).to.deep.equal({ name: 'base:2', imageId: imageOf(NEW).id, layers: 2 });
    expect(plan.findings).to.deep.equal([]);
  });

  it("makes the seed's layers", () => {
    const alpine37 = 'sha256:3fc64803ca2de7279269048fe2b8b3c73d4536448c87c32375b2639ac168a48b';
    const alpine312 = 'sha256:50644c29ef5a27c9a40c393a73ece2479de78325cae7d762ef3cdc19bf42dd0a';
    const curl = 'sha256:40926ceed598e907a8c5875ff6306da6f562af7b84a49ab935d94f548b1cdfa2';
    const plan = planImage(snapshotOf([]), {
      image: recordOf([alpine37, curl]),
      reference: 'my-alpine:3.7',
      oldBase: lowest(1),
      newBase: { image: recordOf([alpine312]), name: 'alpine:3.12' },
      config: 'merge',
      allow: new Set(),
    });
    expect(plan)
      .to.have.nested.property('after.chainIds')
      .that.deep.equals([
        alpine312,
        'sha256:e29d21e1ce1026c50813caeb2c801ba9ad354386b79df749963778b95dd3c341',
      ]);
    expect(plan).to.have.nested.property(
      'before.chainIds[1]',
      'sha256:8882f824eaa539f97b120b629e78452615a05c59152a64281d9af6d4d6128448',
    );
  });

  it('keeps every other byte of the config, the time it was made and unknown keys too', () => {
    const extra = { created: '2019-02-03T04:05:06.789Z', variant: 'v7', 'x-unknown': [1, 2] };
    const app = { ...APP, extra };
    const { before, after } = rebased(snapshotOf([OLD, NEW, app]), REQUEST);
    const lists = /"history":\[.*?\}\]|"diff_ids":\[.*?\]/g;
    expect(after.configText.replaceAll(lists, '')).to.equal(
      before.configText.replaceAll(lists, ''),
    );
  });

  describe('numbers of layers', () => {
    const stack = (name: string, count: number): string[] =>
      Array.from({ length: count }, (_, index) => `${name}${index}`);
    const cases: [number, number, number][] = [
      [1, 1, 1],
      [1, 3, 1],
      [5, 2, 3],
      [2, 2, 0],
      [3, 1, 0],
    ];
    for (const [from, to, own] of cases) {
      it(`${from} -> ${to}, with ${own} of its own`, () => {
        const old = { tags: ['base:1'], layers: stack('a', from) };
        const next = { tags: ['base:2'], layers: stack('b', to) };
        const layers = [...old.layers, ...stack('x', own)];
        const history = [...layers.map((layer) => `ADD ${layer}`), 'ENV x=1 (e)'];
        const { after } = rebased(
          snapshotOf([old, next, { tags: ['my:1'], layers, history }]),
          REQUEST,
        );
        expect(after.diffIds).to.deep.equal(diffIdsOf([...next.layers, ...stack('x', own)]));
        expect(historyLines(after.configText).at(-1)).to.equal('ENV x=1 (e)');
      });
    }
  });

  it("keeps its place in the stack when the base's top DiffID occurs twice", () => {
    const old = { tags: ['base:1'], layers: ['a', 'e'] };
    const app = { tags: ['my:1'], layers: ['a', 'e', 'x', 'e'] };
    const { after } = rebased(snapshotOf([old, NEW, app]), REQUEST);
    expect(after.diffIds).to.deep.equal(diffIdsOf(['b1', 'b2', 'x', 'e']));
  });

  it('puts a whole image on the new base with --from scratch', () => {
    const { after } = rebased(snapshotOf([OLD, NEW, APP]), { ...REQUEST, from: 'scratch' });
    expect(after.diffIds).to.deep.equal(diffIdsOf(['b1', 'b2', 'a', 'x', 'y']));
    expect(historyLines(after.configText).slice(3)).to.deep.equal(APP.history);
  });

  describe('findings', () => {
    const notes = (images: readonly ExampleImage[]): string[] =>
      rebased(snapshotOf(images), REQUEST).findings.map(({ check, severity, message }) => {
        expect([check, severity]).to.deep.equal(['history', 'note']);
        return message;
      });

    it('an app whose history does not fit', () => {
      expect(notes([OLD, NEW, { ...APP, history: ['squashed'] }])).to.deep.equal([
        'the history of my:1 does not fit its 3 layers: placeholders stand for it',
      ]);
    });

    it('a new base whose history does not fit', () => {
      expect(notes([OLD, { ...NEW, history: 'absent' }, APP])).to.deep.equal([
        'the history of base:2 does not fit its 2 layers: placeholders stand for it',
      ]);
    });
  });

  it('says nothing to do when the image would come out as it is', () => {
    const onNew = { ...APP, layers: ['b1', 'b2', 'x'], history: [...NEW.history, 'RUN x'] };
    const snapshot = snapshotOf([OLD, NEW, onNew]);
    const plan = planImage(snapshot, {
      image: imageOf(onNew),
      reference: 'my:1',
      oldBase: { ...lowest(2), imageId: imageOf(NEW).id },
      newBase: { image: findImage(snapshot, 'base:2').image, name: 'base:2' },
      config: 'merge',
      allow: new Set(),
    });
    expect(plan).to.deep.include({
      kind: 'nothing',
      reference: 'my:1',
      imageId: imageOf(onNew).id,
    });
  });

  describe('a config that cannot be edited without guessing', () => {
    const twice = (config: unknown): string =>
      JSON.stringify(config).replace('"rootfs":', '"Rootfs":{"diff_ids":[]},"rootfs":');
    const doubledHistory = (config: unknown): string =>
      JSON.stringify(config).replace('"history":', '"History":[],"history":');
    const cases: [string, ExampleImage[], string][] = [
      ['the app', [OLD, NEW, { ...APP, print: twice }], 'my:1'],
      ["the app's history", [OLD, NEW, { ...APP, print: doubledHistory }], 'my:1'],
      ["the new base's history", [OLD, { ...NEW, print: doubledHistory }, APP], 'base:2'],
      ["the old base's history", [{ ...OLD, print: doubledHistory }, NEW, APP], 'base:1'],
    ];
    for (const [name, images, culprit] of cases) {
      it(name, () => {
        const error = refusal(() => rebased(snapshotOf(images), REQUEST));
        expect(error.code).to.equal('STORE_DAMAGED');
        expect(error.message).to.include(`the config of ${culprit} is ambiguous`);
      });
    }

    it('one that is nested too deeply for any reader', () => {
      const deep = (config: unknown): string =>
        JSON.stringify(config).replace(
          '"os"',
          `"x":${'['.repeat(50_000)}${']'.repeat(50_000)},"os"`,
        );
      const error = refusal(() =>
        rebased(snapshotOf([OLD, NEW, { ...APP, print: deep }]), REQUEST),
      );
      expect(error.code).to.equal('STORE_DAMAGED');
    });
  });

  describe('laws', () => {
    it("the result has the new base's layers and the app's own, in order and count", () => {
      fc.assert(
        fc.property(arbitraryTrio, (trio) => {
          const plan = planned(storeOf(trio), { ...REQUEST, from: 'base:1' });
          if (plan.kind === 'nothing') return;
          const { diffIds, configText } = plan.after;
          expect(diffIds).to.deep.equal([...diffIdsOf(trio.next.layers), ...ownLayers(trio)]);
          expect(parseImageConfig(configText).diffIds).to.deep.equal(diffIds);
        }),
        { numRuns: 200 },
      );
    });

    it('its history speaks of no layer, or of all', () => {
      fc.assert(
        fc.property(arbitraryTrio, (trio) => {
          const plan = planned(storeOf(trio), { ...REQUEST, from: 'base:1' });
          if (plan.kind === 'nothing') return;
          const { history, diffIds } = parseImageConfig(plan.after.configText);
          expect(layersIn(history)).to.be.oneOf([0, diffIds.length]);
        }),
        { numRuns: 200 },
      );
    });

    it('there and back again gives the first config, byte for byte', () => {
      fc.assert(
        fc.property(arbitraryTrueTrio, (trio) => {
          const store = storeOf(trio);
          const there = planned(store, { ...REQUEST, from: 'base:1' });
          if (there.kind === 'nothing') return;
          const back = planned(applied(store, there), {
            image: 'my:1',
            onto: 'base:1',
            from: 'base:2',
          });
          expect(back).to.have.nested.property('after.configText', imageOf(trio.app).text);
        }),
        { numRuns: 250 },
      );
    });

    it("so it does when the bases' images are found and not given", () => {
      fc.assert(
        fc.property(arbitraryTrueTrio, (trio) => {
          const store = storeOf(trio);
          const there = planned(store, REQUEST);
          if (there.kind === 'nothing') return;
          const back = planned(applied(store, there), { image: 'my:1', onto: 'base:1' });
          // A base built FROM the other one holds it: then the image is on both.
          if (back.kind === 'nothing') return;
          expect(back.after.configText).to.equal(imageOf(trio.app).text);
        }),
        { numRuns: 200 },
      );
    });

    describe('the same command twice: the second has nothing to do', () => {
      const forms: [string, (trio: Trio) => string | undefined][] = [
        ['without --from', () => undefined],
        ['--from NAME', () => 'base:1'],
        ['--from DiffID', ({ old }) => diffIdsOf(old.layers).at(-1)],
        ['--from ChainID', ({ old }) => chainIdsOf(diffIdsOf(old.layers)).at(-1)],
        ['--from ImageID', ({ old }) => imageOf(old).id],
        ['--from number', ({ old }) => String(old.layers.length)],
        ['--from scratch', () => 'scratch'],
      ];
      const later: [string, (store: Snapshot, trio: Trio) => Snapshot][] = [
        ['', (store) => store],
        [', the old image pruned', (store, { app }) => without(store, [imageOf(app).id])],
        [', the old base gone', (store, { old }) => without(store, [imageOf(old).id])],
        [
          ', the old base without its tag',
          (store): Snapshot => retagged(store, { 'base:1': undefined }),
        ],
      ];
      it('--from number onto an image without layers: it takes no more layers away', () => {
        const empty = { tags: ['base:2'], layers: [], history: ['LABEL empty=1 (e)'] };
        const store = snapshotOf([OLD, empty, APP]);
        const request = { ...REQUEST, from: '1' };
        const first = plannedOrRefused(store, request);
        if (first?.kind !== 'rebase') return;
        expect(plannedOrRefused(applied(store, first), request)?.kind).not.to.equal('rebase');
      });

      for (const [name, fromOf] of forms) {
        for (const [since, change] of later) {
          it(name + since, () => {
            fc.assert(
              fc.property(arbitraryTrio, (trio) => {
                const request = { ...REQUEST, from: fromOf(trio) };
                const store = storeOf(trio);
                // What cannot be planned at all has no second time.
                const first = plannedOrRefused(store, request);
                if (first?.kind !== 'rebase') return;
                const second = planned(change(applied(store, first), trio), request);
                expect(second.kind).to.equal('nothing');
              }),
              { numRuns: 80 },
            );
          });
        }
      }
    });
  });
});

function plannedOrRefused(
  ...args: Parameters<typeof planned>
): ReturnType<typeof planned> | undefined {
  try {
    return planned(...args);
  } catch {
    return undefined;
  }
}

function lowest(layers: number): OldBase {
  return { layers, imageId: undefined, name: `its lowest ${layers}`, evidence: '' };
}

function recordOf(diffIds: readonly string[]): ImageRecord {
  const text = JSON.stringify({ os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } });
  return {
    id: imageIdOf(text),
    text,
    diffIds: parseImageConfig(text).diffIds,
    parent: undefined,
  };
}
