import { expect } from 'chai';

import { chainIdsOf } from '../../src/domain/digest.ts';
import type { OldBase } from '../../src/domain/plan.ts';
import type { RebaseError } from '../../src/errors.ts';
import { findImage } from '../../src/resolve/find-image.ts';
import { detectedBase, resolveOldBase, type Resolution } from '../../src/resolve/old-base.ts';
import { diffIdsOf, snapshotOf, type ExampleImage } from './example-snapshot.ts';
import { refusal } from './refusal.ts';

const digestRef = (repository: string, hex: string): string =>
  `${repository}@sha256:${hex.repeat(64)}`;

const OLD = {
  tags: ['alpine:3.7'],
  layers: ['a'],
  history: ['ADD a', 'CMD sh (e)'],
};
const NEW: ExampleImage = {
  tags: ['alpine:3.12'],
  layers: ['b'],
  history: ['ADD b', 'CMD sh (e)'],
};
const APP: ExampleImage = {
  tags: ['my:1'],
  layers: ['a', 'x'],
  history: ['ADD a', 'CMD sh (e)', 'RUN x'],
};

function resolve(
  images: readonly ExampleImage[],
  from?: string,
  { image = 'my:1', onto = 'alpine:3.12' } = {},
): Resolution {
  const snapshot = snapshotOf(images);
  return resolveOldBase(snapshot, {
    image: findImage(snapshot, image),
    onto: findImage(snapshot, onto),
    from,
  });
}

function baseIn(resolution: Resolution): OldBase {
  if (resolution.kind === 'base') return resolution.base;
  throw new Error(`nothing to do: ${resolution.reason}`);
}

function refused(images: readonly ExampleImage[], from?: string): RebaseError {
  return refusal(() => resolve(images, from));
}

describe('old-base', () => {
  describe('detection', () => {
    it('finds the one local image that the image begins with', () => {
      expect(baseIn(resolve([OLD, NEW, APP]))).to.include({
        layers: 1,
        name: 'alpine:3.7',
        evidence: 'its layer is how the image begins',
      });
    });

    it('finds the base of an app that only sets configuration', () => {
      const app = { ...OLD, tags: ['my:1'], history: [...OLD.history, 'ENV x=1 (e)'] };
      expect(baseIn(resolve([OLD, NEW, app]))).to.include({ layers: 1, name: 'alpine:3.7' });
    });

    it('takes a base with a tag or a digest reference before a nameless image', () => {
      const three = { ...APP, layers: ['a', 'x', 'y', 'z'] };
      const tagged = { tags: ['tagged:1'], layers: ['a'] };
      const digested = { tags: [digestRef('digested', 'd')], layers: ['a', 'x'] };
      const nameless = { layers: ['a', 'x', 'y'] };
      expect(baseIn(resolve([nameless, tagged, NEW, three])).layers).to.equal(1);
      expect(baseIn(resolve([nameless, digested, NEW, three])).layers).to.equal(2);
      expect(baseIn(resolve([nameless, NEW, three])).layers).to.equal(3);
    });

    it('does not take a lower tagged base for one that a pull has left with its digest only', () => {
      const debian = { tags: ['debian:12'], layers: ['a'] };
      const python = { tags: [digestRef('python', 'd')], layers: ['a', 'x'] };
      const app = { ...APP, layers: ['a', 'x', 'y'] };
      const newPython = { tags: ['python:3'], layers: ['b', 'w'] };
      const base = baseIn(
        resolve([debian, python, newPython, app], undefined, { onto: 'python:3' }),
      );
      expect(base.layers).to.equal(2);
      expect(refused([debian, python, NEW, app]).code).to.equal('BASE_AMBIGUOUS');
    });

    it('names a nameless image that other images stand on too, since it may be the base', () => {
      const debian = { tags: ['debian:12'], layers: ['a'] };
      const rebuilt = { layers: ['a', 'x'] };
      const app = { ...APP, layers: ['a', 'x', 'y'] };
      const other = { tags: ['other:1'], layers: ['a', 'x', 'z'] };
      expect(baseIn(resolve([debian, rebuilt, NEW, app, other])).evidence).to.match(
        /untagged [0-9a-f]{12} \(2 layers\)/,
      );
      expect(baseIn(resolve([debian, rebuilt, NEW, app])).evidence).not.to.match(/untagged/);
    });

    it('takes, of several, the one in the repository of the new base', () => {
      const middle = { tags: ['team/php:7'], layers: ['a', 'x'] };
      const app = { tags: ['my:1'], layers: ['a', 'x', 'y'] };
      const base = baseIn(resolve([OLD, middle, NEW, app]));
      expect(base).to.include({ layers: 1, name: 'alpine:3.7' });
      expect(base.evidence).to.match(/repository/);
    });

    it('takes the longest of several in that repository', () => {
      const longer = { tags: ['alpine:3.7-tools'], layers: ['a', 'x'] };
      const elsewhere = { tags: ['other:1'], layers: ['a', 'x', 'y'] };
      const app = { tags: ['my:1'], layers: ['a', 'x', 'y', 'z'] };
      expect(baseIn(resolve([OLD, longer, elsewhere, NEW, app]))).to.include({
        layers: 2,
        name: 'alpine:3.7-tools',
      });
    });

    it('knows a base by its digest reference when a pull has moved the tag', () => {
      const moved = { tags: [digestRef('alpine', 'd')], layers: ['a'] };
      expect(baseIn(resolve([moved, NEW, APP]))).to.include({
        layers: 1,
        name: digestRef('alpine', 'd'),
      });
    });

    it('refuses several bases of other repositories, and lists the --from to type', () => {
      const middle = { tags: ['php:7'], layers: ['a', 'x'] };
      const debian = { ...OLD, tags: ['debian:12'] };
      const app = { tags: ['my:1'], layers: ['a', 'x', 'y'] };
      const error = refused([debian, middle, NEW, app]);
      expect(error.code).to.equal('BASE_AMBIGUOUS');
      expect(error.message).to.include('php:7').and.include('debian:12').and.include('my:1');
      expect(error.hint).to.equal('say it: --from php:7 or --from debian:12');
    });

    it('lists ChainIDs for bases without a tag, and they can be typed', () => {
      const images = [
        { layers: ['a'] },
        { layers: ['a', 'x'] },
        NEW,
        { tags: ['my:1'], layers: ['a', 'x', 'y'] },
      ];
      const error = refused(images);
      expect(error.code).to.equal('BASE_AMBIGUOUS');
      const typed = [...(error.hint ?? '').matchAll(/--from (\S+)/g)].map(([, from]) => from!);
      const [one, two] = chainIdsOf(diffIdsOf(['a', 'x']));
      expect(typed).to.have.members([one!, two!]);
      expect(typed.map((from) => baseIn(resolve(images, from)).layers)).to.have.members([1, 2]);
    });

    it('does not mind several names for the same layers', () => {
      const twin = { ...OLD, tags: ['mirror/alpine:3.7'] };
      expect(baseIn(resolve([twin, OLD, NEW, APP])).layers).to.equal(1);
    });

    it('says what to do when no local image is the base', () => {
      const error = refused([NEW, APP]);
      expect(error.code).to.equal('BASE_NOT_FOUND');
      expect(error.message).to.include('my:1');
      expect(error.hint).to.match(/^rebase-image base my:1 .*--from/);
    });

    it('never takes an image without layers for the base', () => {
      const empty = { tags: ['empty:1'], layers: [], history: [] };
      expect(refused([empty, NEW, APP]).code).to.equal('BASE_NOT_FOUND');
    });

    it('works without a new base, for `rebase-image base`', () => {
      const snapshot = snapshotOf([OLD, APP]);
      const base = detectedBase(snapshot, findImage(snapshot, 'my:1'));
      expect(base).to.include({ layers: 1, name: 'alpine:3.7' });
    });
  });

  describe('nothing to do', () => {
    const onNew = { tags: ['my:1'], layers: ['b', 'x'], history: ['ADD b', 'CMD sh (e)', 'RUN x'] };
    const onNewFromOld = { tags: ['my:1'], layers: ['a', 'b', 'x'] };
    const newFromOld = { tags: ['alpine:3.12'], layers: ['a', 'b'] };
    const [chainA] = chainIdsOf(diffIdsOf(['a']));
    const cases: [string, ExampleImage[], string | undefined][] = [
      ['the detected base is the new one', [OLD, NEW, onNew], undefined],
      ['the given base is the new one', [OLD, NEW, onNew], 'alpine:3.12'],
      ['--from is no prefix any more, the new base is', [OLD, NEW, onNew], 'alpine:3.7'],
      ['so is it when the old base has gone', [NEW, onNew], 'alpine:3.7'],
      ['and when it is named by DiffID', [NEW, onNew], diffIdsOf(['a'])[0]],
      ['and by number', [NEW, onNew], '1'],
      ['a new base built FROM the old one, detected', [OLD, newFromOld, onNewFromOld], undefined],
      ['the same with --from', [OLD, newFromOld, onNewFromOld], 'alpine:3.7'],
      ['the same with a ChainID', [OLD, newFromOld, onNewFromOld], chainA],
      ['--from scratch', [NEW, onNew], 'scratch'],
    ];
    for (const [name, images, from] of cases) {
      it(name, () => {
        const resolution = resolve(images, from);
        expect(resolution.kind).to.equal('nothing');
        expect(resolution)
          .to.have.property('reason')
          .that.matches(/already on alpine:3\.12/);
      });
    }

    it('a number that is higher than the stack has become', () => {
      // 5 -> 1 layers: after the first run the image has 2 layers, and `--from 5` is typed again.
      expect(resolve([NEW, onNew], '5').kind).to.equal('nothing');
    });

    it('the same layers and settings as the new base, without a history of its own', () => {
      // An app of settings only whose history did not fit: after the first run it is the new base
      // by layers and by history, and no candidate is left.
      const same = { ...NEW, tags: ['my:1'] };
      expect(resolve([OLD, NEW, same]).kind).to.equal('nothing');
    });

    describe('bases that differ in settings only', () => {
      const rebuilt = {
        tags: ['alpine:3.12'],
        layers: ['a'],
        history: ['ADD a', 'CMD bash (e)'],
      };
      const on = (base: typeof OLD): ExampleImage => ({
        tags: ['my:1'],
        layers: ['a', 'x'],
        history: [...base.history, 'RUN x'],
      });

      for (const from of [undefined, 'alpine:3.7']) {
        it(`moves from one to the other (--from ${from ?? 'left out'})`, () => {
          expect(baseIn(resolve([OLD, rebuilt, on(OLD)], from)).name).to.equal('alpine:3.7');
        });

        it(`and not once more (--from ${from ?? 'left out'})`, () => {
          expect(resolve([OLD, rebuilt, on(rebuilt)], from).kind).to.equal('nothing');
        });
      }
    });

    it('but back from the longer base to the one below it there is', () => {
      const onLong = { tags: ['my:1'], layers: ['a', 'b', 'x'] };
      const long = { tags: ['php:7'], layers: ['a', 'b'] };
      const base = baseIn(resolve([OLD, long, onLong], 'php:7', { onto: 'alpine:3.7' }));
      expect(base).to.include({ layers: 2, name: 'php:7' });
    });
  });

  describe('the same image', () => {
    it('as --onto', () => {
      const error = refusal(() => resolve([OLD, APP], undefined, { onto: 'my:1' }));
      expect(error.code).to.equal('SAME_IMAGE');
      expect(error.message).to.equal('my:1 and --onto my:1 are the same image');
    });

    it('under another name, or by ID', () => {
      const images = [OLD, NEW, { ...APP, tags: ['my:1', 'my:2'] }];
      const error = refusal(() => resolve(images, undefined, { onto: 'my:2' }));
      expect(error.code).to.equal('SAME_IMAGE');
    });

    it('as --from', () => {
      const error = refused([OLD, NEW, APP], 'my:1');
      expect(error.code).to.equal('SAME_IMAGE');
      expect(error.message).to.include('--from my:1');
    });
  });

  describe('--from that is not there', () => {
    it('another image: names the layer that differs', () => {
      const other = { tags: ['debian:12'], layers: ['d'] };
      const error = refused([OLD, NEW, APP, other], 'debian:12');
      expect(error.code).to.equal('NOT_BUILT_ON_FROM');
      const [ours, theirs] = diffIdsOf(['a', 'd']).map((id) => id.slice(7, 19));
      expect(error.message).to.equal(
        `my:1 is not built on debian:12: layer 1 is ${ours!}, in debian:12 it is ${theirs!}`,
      );
      expect(error.hint).to.match(/^rebase-image base my:1/);
    });

    it('an image with more layers than this one', () => {
      const higher = { tags: ['php:7'], layers: ['a', 'x', 'y'] };
      expect(refused([OLD, NEW, APP, higher], 'php:7').message).to.match(/layer 3 is none/);
    });

    it('an unknown name, tag or digest', () => {
      for (const from of ['nothere:1', 'alpine:9', `sha256:${'f'.repeat(64)}`, 'f'.repeat(64)]) {
        expect(refused([OLD, NEW, APP], from).code).to.equal('IMAGE_NOT_FOUND');
      }
    });

    it('no reference at all', () => {
      expect(refused([OLD, NEW, APP], 'Alpine:3.7').code).to.equal('BAD_REFERENCE');
      expect(refused([OLD, NEW, APP], '').code).to.equal('BAD_REFERENCE');
    });
  });

  it('same layers with another history: a base all the same, since rebuilds differ there', () => {
    const rewritten = { ...OLD, history: ['COPY a'] };
    expect(baseIn(resolve([rewritten, NEW, APP])).layers).to.equal(1);
    expect(baseIn(resolve([rewritten, NEW, APP], 'alpine:3.7')).layers).to.equal(1);
  });
});
