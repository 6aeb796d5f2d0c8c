import { expect } from 'chai';

import { asImageID, imageIdOf } from '../../src/domain/digest.ts';
import type { ImageRecord, Snapshot } from '../../src/domain/snapshot.ts';
import { findImage } from '../../src/resolve/find-image.ts';
import { imageOf, retagged, snapshotOf } from './example-snapshot.ts';
import { refusal } from './refusal.ts';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const ALPINE = {
  tags: ['alpine:3.7', 'alpine:latest', `alpine@${DIGEST}`],
  layers: ['alpine'],
};
const APP = { tags: ['registry.local:5000/team/app:1'], layers: ['alpine', 'app'] };
const NAMELESS = { layers: ['nameless'] };

const store = snapshotOf([ALPINE, APP, NAMELESS]);
const alpine = imageOf(ALPINE);
const app = imageOf(APP);
const nameless = imageOf(NAMELESS);

/** A store with these images under IDs that their configs do not have. */
function storeWithIds(ids: readonly string[]): Snapshot {
  const known = ids.map((id) => asImageID(id)!);
  return {
    ...store,
    images: new Map([...store.images, ...known.map((id) => [id, { ...alpine, id }] as const)]),
  };
}

describe('find-image', () => {
  describe('every way of naming', () => {
    const cases: [string, string, ImageRecord, string][] = [
      ['a tag', 'alpine:3.7', alpine, 'alpine:3.7'],
      ['no tag', 'alpine', alpine, 'alpine:latest'],
      ['library/', 'library/alpine:3.7', alpine, 'alpine:3.7'],
      ['the full form', 'docker.io/library/alpine:3.7', alpine, 'alpine:3.7'],
      ['the full form without a tag', 'docker.io/library/alpine', alpine, 'alpine:latest'],
      ['the old full form', 'index.docker.io/library/alpine:3.7', alpine, 'alpine:3.7'],
      ['a digest', `alpine@${DIGEST}`, alpine, `alpine@${DIGEST}`],
      ['tag and digest', `alpine:9.9@${DIGEST}`, alpine, `alpine@${DIGEST}`],
      ['a registry with a port', APP.tags[0]!, app, APP.tags[0]!],
    ];
    for (const [name, text, image, key] of cases) {
      it(name, () => {
        const found = findImage(store, text);
        expect(found.image).to.equal(image.id === found.image.id ? found.image : image);
        expect(found.tag?.key).to.equal(key);
        expect(found.name).to.equal(key);
      });
    }

    const byId: [string, string][] = [
      ['a full ID', nameless.id],
      ['a full ID without sha256:', nameless.id.slice(7)],
      ['a short ID', nameless.id.slice(7, 19)],
      ['a short ID with sha256:', nameless.id.slice(0, 19)],
    ];
    for (const [name, text] of byId) {
      it(name, () => {
        const found = findImage(store, text);
        expect(found.image.id).to.equal(nameless.id);
        expect(found.tag).to.equal(undefined);
        expect(found.name).to.equal(nameless.id.slice(7, 19));
      });
    }

    it('one digit, where only one ID begins with it', () => {
      const lonely = snapshotOf([ALPINE]);
      expect(findImage(lonely, alpine.id.slice(7, 8)).image.id).to.equal(alpine.id);
    });

    it('an ID of a tagged image carries no tag that could move', () => {
      expect(findImage(store, alpine.id).tag).to.equal(undefined);
    });

    for (const key of ['docker.io/library/app:1', 'App:1', 'odd_/name:1', 'app:latest']) {
      it(`only the exact key: ${key}`, () => {
        const odd = retagged(store, { [key]: nameless.id });
        expect(findImage(odd, key)).to.deep.include({ name: key });
        expect(findImage(odd, key).image.id).to.equal(nameless.id);
      });
    }

    it('the exact key without its :latest', () => {
      const odd = retagged(store, { 'docker.io/library/odd:latest': nameless.id });
      expect(findImage(odd, 'docker.io/library/odd').name).to.equal('docker.io/library/odd:latest');
    });

    it('the familiar key before the exact one, as dockerd looks it up', () => {
      const both = retagged(store, { 'docker.io/library/alpine:3.7': nameless.id });
      expect(findImage(both, 'docker.io/library/alpine:3.7').image.id).to.equal(alpine.id);
    });

    it('a name before an ID', () => {
      const hex = nameless.id.slice(7, 19);
      const named = retagged(store, { [`${hex}:latest`]: alpine.id });
      expect(findImage(named, hex).image.id).to.equal(alpine.id);
      expect(findImage(named, `sha256:${hex}`).image.id).to.equal(nameless.id);
    });
  });

  describe('what cannot be found', () => {
    it('an unknown tag: names the tags that are there', () => {
      const error = refusal(() => findImage(store, 'alpine:9.9'));
      expect(error.code).to.equal('IMAGE_NOT_FOUND');
      expect(error.message).to.equal('no image here is called alpine:9.9');
      expect(error.hint).to.equal('there is alpine:3.7, alpine:latest');
    });

    it('an unknown name', () => {
      const error = refusal(() => findImage(store, 'debian'));
      expect(error.code).to.equal('IMAGE_NOT_FOUND');
      expect(error.hint).to.match(/^docker images/);
    });

    for (const id of ['f'.repeat(64), `sha256:${'f'.repeat(64)}`]) {
      it(`an unknown ID of ${id.length} characters`, () => {
        const error = refusal(() => findImage(store, id));
        expect(error.code).to.equal('IMAGE_NOT_FOUND');
        expect(error.message).to.equal(`no image here has the ID ${id}`);
        expect(error.hint).to.match(/docker images --all/);
      });
    }

    for (const text of ['', ' ', 'Alpine', 'alpine:', 'al pine', 'sha256:', 'alpine@sha256:cafe']) {
      it(`no reference: ${JSON.stringify(text)}`, () => {
        expect(refusal(() => findImage(store, text)).code).to.equal('BAD_REFERENCE');
      });
    }

    it('a short ID that several images begin with', () => {
      const several = storeWithIds([`sha256:${'ab'.repeat(32)}`, `sha256:${'abac'.repeat(16)}`]);
      const error = refusal(() => findImage(several, 'aba'));
      expect(error.code).to.equal('IMAGE_AMBIGUOUS');
      expect(error.message).to.equal('aba is the beginning of 2 image IDs');
      expect(error.hint).to.match(/abababababab, abacabacabac/);
      expect(refusal(() => findImage(several, 'sha256:aba')).code).to.equal('IMAGE_AMBIGUOUS');
    });

    it('counts images whose config is broken among those that a short ID may mean', () => {
      const broken = {
        ...storeWithIds([`sha256:${'ab'.repeat(32)}`]),
        brokenImages: new Map([[asImageID(`sha256:${'abac'.repeat(16)}`)!, 'no rootfs']]),
      };
      expect(refusal(() => findImage(broken, 'aba')).code).to.equal('IMAGE_AMBIGUOUS');
      expect(refusal(() => findImage(broken, 'abac')).code).to.equal('STORE_DAMAGED');
    });
  });

  describe('damage', () => {
    const gone = asImageID(`sha256:${'e'.repeat(64)}`)!;

    it('a tag to an image that is gone', () => {
      const error = refusal(() => findImage(retagged(store, { 'old:1': gone }), 'old:1'));
      expect(error.code).to.equal('IMAGE_NOT_FOUND');
      expect(error.message).to.equal('old:1 names image eeeeeeeeeeee, which is gone');
    });

    it('a config that cannot be read', () => {
      const damaged = {
        ...retagged(store, { 'old:1': gone }),
        brokenImages: new Map([[gone, 'it has no rootfs']]),
      };
      for (const text of ['old:1', gone, gone.slice(7, 19)]) {
        const error = refusal(() => findImage(damaged, text));
        expect(error.code).to.equal('STORE_DAMAGED');
        expect(error.message).to.equal(`the config of ${text} cannot be read: it has no rootfs`);
      }
    });

    it('a config whose hash is not its ID', () => {
      const changed = storeWithIds([gone]);
      expect(imageIdOf(alpine.text)).not.to.equal(gone);
      const error = refusal(() => findImage(changed, gone.slice(7, 20)));
      expect(error.code).to.equal('STORE_DAMAGED');
      expect(error.message).to.match(/is not what its ID says$/);
      expect(error.hint).to.include(`imagedb/content/sha256/${gone.slice(7)}`);
    });
  });
});
