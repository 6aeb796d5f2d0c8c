import { expect } from 'chai';

import { shortId, type ImageID } from '../../src/domain/digest.ts';
import type { TagChange } from '../../src/domain/plan.ts';
import {
  KEEP_OLD_TEMPLATE,
  oldImageFindings,
  planTags,
  refuseOddNames,
  type TagWish,
} from '../../src/plan/plan-tags.ts';
import { findImage } from '../../src/resolve/find-image.ts';
import { imageOf, retagged, snapshotOf } from '../resolve/example-snapshot.ts';
import { refusal } from '../resolve/refusal.ts';

const DIGEST_REF = `my@sha256:${'d'.repeat(64)}`;
const APP = { tags: ['my:1', 'my:latest', DIGEST_REF, 'reg.local:5000/my:1'], layers: ['a', 'x'] };
const OTHER = { tags: ['other:1'], layers: ['o'] };
const NEW_IMAGE = imageOf({ layers: ['b', 'x'] }).id;
const OLD_IMAGE = imageOf(APP).id;

const store = snapshotOf([APP, OTHER]);

interface Options {
  readonly tag?: string;
  readonly keepOld?: string;
  readonly wish?: TagWish;
}

function tags(name: string, { tag, ...options }: Options = {}, at = store): TagChange[] {
  const found = findImage(at, name);
  return planTags(at, {
    reference: found.name,
    found: found.tag,
    oldImage: OLD_IMAGE,
    newImage: NEW_IMAGE,
    wish: tag === undefined ? 'own' : { tag },
    keepOld: undefined,
    ...options,
  });
}

function lines(changes: readonly TagChange[]): string[] {
  const shown = new Map<ImageID | undefined, string>([
    [undefined, 'nothing'],
    [OLD_IMAGE, 'old'],
    [NEW_IMAGE, 'new'],
    [imageOf(OTHER).id, 'other'],
  ]);
  return changes.map(
    ({ repository, key, before, after }) =>
      `${repository} | ${key}: ${shown.get(before) ?? '?'} -> ${shown.get(after) ?? '?'}`,
  );
}

describe('plan-tags', () => {
  describe('which tag the result gets', () => {
    const cases: [string, string, Options, string[]][] = [
      ["the image's own, and only that", 'my:1', {}, ['my | my:1: old -> new']],
      ['its own :latest', 'my', {}, ['my | my:latest: old -> new']],
      [
        'its own, of a registry with a port',
        'reg.local:5000/my:1',
        {},
        ['reg.local:5000/my | reg.local:5000/my:1: old -> new'],
      ],
      ['--tag', 'my:1', { tag: 'my:2' }, ['my | my:2: nothing -> new']],
      ['--tag without a tag', 'my:1', { tag: 'fresh' }, ['fresh | fresh:latest: nothing -> new']],
      [
        '--tag in its full form',
        'my:1',
        { tag: 'docker.io/library/my:2' },
        ['my | my:2: nothing -> new'],
      ],
      [
        '--tag with a port',
        'my:1',
        { tag: 'localhost:5000/my' },
        ['localhost:5000/my | localhost:5000/my:latest: nothing -> new'],
      ],
      ["--tag that is the image's own", 'my:1', { tag: 'my:1' }, ['my | my:1: old -> new']],
      ['--tag of another image', 'my:1', { tag: 'other:1' }, ['other | other:1: other -> new']],
      ['--tag for an ID', shortId(OLD_IMAGE), { tag: 'my:2' }, ['my | my:2: nothing -> new']],
      ['--tag for a digest', DIGEST_REF, { tag: 'my:2' }, ['my | my:2: nothing -> new']],
    ];
    for (const [name, image, options, expected] of cases) {
      it(name, () => {
        expect(lines(tags(image, options))).to.deep.equal(expected);
      });
    }

    it('moves a key that only an exact name finds, under the repository that lists it', () => {
      const odd = retagged(store, { 'docker.io/library/my:1': OLD_IMAGE, 'my:1': undefined });
      expect(lines(tags('docker.io/library/my:1', {}, odd))).to.deep.equal([
        'docker.io/library/my | docker.io/library/my:1: old -> new',
      ]);
    });

    it('moves every tag of the image, and no digest reference', () => {
      expect(lines(tags('my:1', { wish: 'all' }))).to.deep.equal([
        'my | my:1: old -> new',
        'my | my:latest: old -> new',
        'reg.local:5000/my | reg.local:5000/my:1: old -> new',
      ]);
    });

    it('says nothing of a tag that names the result already', () => {
      const done = retagged(store, { 'my:2': NEW_IMAGE });
      expect(tags('my:1', { tag: 'my:2' }, done)).to.deep.equal([]);
    });

    for (const image of [shortId(OLD_IMAGE), OLD_IMAGE, DIGEST_REF]) {
      it(`refuses ${image.slice(0, 20)}... without --tag`, () => {
        const error = refusal(() => tags(image));
        expect(error.code).to.equal('USAGE');
        expect(error.hint).to.match(/--tag NAME:TAG/);
      });
    }

    for (const [tag, code] of [
      [DIGEST_REF, 'USAGE'],
      [`my:1@sha256:${'d'.repeat(64)}`, 'USAGE'],
      ['My:1', 'BAD_REFERENCE'],
      ['', 'BAD_REFERENCE'],
      ['f'.repeat(64), 'BAD_REFERENCE'],
    ] as const) {
      it(`refuses --tag ${tag.slice(0, 20)}`, () => {
        expect(refusal(() => tags('my:1', { tag })).code).to.equal(code);
      });
    }
  });

  describe('--keep-old', () => {
    const id = shortId(OLD_IMAGE);
    const cases: [string, string, Options, string][] = [
      ['by default', 'my:1', { keepOld: KEEP_OLD_TEMPLATE }, `my | my:1-before-${id}`],
      [
        'with a port',
        'reg.local:5000/my:1',
        { keepOld: KEEP_OLD_TEMPLATE },
        `reg.local:5000/my | reg.local:5000/my:1-before-${id}`,
      ],
      ['a template', 'my:1', { keepOld: 'old/{repository}:{tag}' }, 'old/my | old/my:1'],
      ['a name', 'my:1', { keepOld: 'backup' }, 'backup | backup:latest'],
      ['every {id}', 'my:1', { keepOld: '{id}/x:{id}' }, `${id}/x | ${id}/x:${id}`],
      [
        'for an ID: named as the result',
        id,
        { tag: 'fresh:2', keepOld: KEEP_OLD_TEMPLATE },
        `fresh | fresh:2-before-${id}`,
      ],
    ];
    for (const [name, image, options, key] of cases) {
      it(name, () => {
        expect(lines(tags(image, options)).slice(1)).to.deep.equal([`${key}: nothing -> old`]);
      });
    }

    it('is the same on every host: it follows from the old ImageID', () => {
      const elsewhere = snapshotOf([OTHER, APP]);
      const options = { keepOld: KEEP_OLD_TEMPLATE };
      expect(tags('my:1', options, elsewhere)).to.deep.equal(tags('my:1', options));
    });

    it('says nothing of a name that the old image has already', () => {
      expect(lines(tags('my:1', { keepOld: 'my:latest' }))).to.deep.equal([
        'my | my:1: old -> new',
      ]);
    });

    it('shows that it takes a name from another image', () => {
      expect(lines(tags('my:1', { keepOld: 'other:1' }))).to.include(
        'other | other:1: other -> old',
      );
    });

    it('refuses the name that the result gets: one tag cannot name two images', () => {
      for (const options of [
        { tag: 'fresh:1', keepOld: 'fresh:1' },
        { keepOld: '{repository}:{tag}' },
        { keepOld: 'docker.io/library/my:1' },
      ]) {
        expect(refusal(() => tags('my:1', options)).code).to.equal('USAGE');
      }
    });

    for (const [keepOld, code] of [
      ['{repository}@{id}', 'BAD_REFERENCE'],
      [DIGEST_REF, 'USAGE'],
      ['{name}:old', 'BAD_REFERENCE'],
      ['', 'BAD_REFERENCE'],
    ] as const) {
      it(`refuses ${JSON.stringify(keepOld.slice(0, 20))}`, () => {
        expect(refusal(() => tags('my:1', { keepOld })).code).to.equal(code);
      });
    }
  });

  describe('names that no image could have, whatever there is to do', () => {
    for (const [wish, keepOld, code] of [
      [{ tag: 'Bad:1' }, undefined, 'BAD_REFERENCE'],
      [{ tag: DIGEST_REF }, undefined, 'USAGE'],
      ['own', '{repository}@{id}', 'BAD_REFERENCE'],
      ['all', 'a b', 'BAD_REFERENCE'],
    ] as const) {
      it(`refuses ${JSON.stringify([wish, keepOld])}`, () => {
        const refused = refusal(() => {
          refuseOddNames({ wish, keepOld });
        });
        expect(refused.code).to.equal(code);
      });
    }

    it('lets names and templates pass', () => {
      expect(() => {
        refuseOddNames({ wish: { tag: 'team/a:1' }, keepOld: KEEP_OLD_TEMPLATE });
        refuseOddNames({ wish: 'own', keepOld: undefined });
      }).not.to.throw();
    });
  });

  describe('the old image without a tag', () => {
    const only = snapshotOf([{ tags: ['only:1', DIGEST_REF], layers: ['a'] }]);
    const image = findImage(only, 'only:1');
    const moved: TagChange = {
      repository: 'only',
      key: 'only:1',
      before: image.image.id,
      after: NEW_IMAGE,
    };

    it('is noted, since a prune takes it, digest reference or not', () => {
      const [finding] = oldImageFindings(only, image.image.id, [moved]);
      expect(finding).to.include({ check: 'old-image', severity: 'note' });
      expect(finding?.message).to.include(shortId(image.image.id));
      expect(finding?.hint).to.match(/^--keep-old/);
    });

    it('is not while another tag stays, or --keep-old gives one, or none moves', () => {
      const kept = { ...moved, key: 'only:old', before: undefined, after: image.image.id };
      expect(oldImageFindings(store, OLD_IMAGE, tags('my:1'))).to.deep.equal([]);
      expect(oldImageFindings(only, image.image.id, [moved, kept])).to.deep.equal([]);
      expect(oldImageFindings(only, image.image.id, [])).to.deep.equal([]);
    });
  });
});
