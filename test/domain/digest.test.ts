import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import fc from 'fast-check';

import {
  asChainID,
  asDiffID,
  asImageID,
  chainIdOn,
  chainIdsOf,
  hexOf,
  imageIdOf,
  sha256Bytes,
  sha256Hex,
  shortId,
  type ChainID,
  type DiffID,
} from '../../src/domain/digest.ts';

const ALPINE_37 =
  'sha256:3fc64803ca2de7279269048fe2b8b3c73d4536448c87c32375b2639ac168a48b' as DiffID;
const ALPINE_312 =
  'sha256:50644c29ef5a27c9a40c393a73ece2479de78325cae7d762ef3cdc19bf42dd0a' as DiffID;
const CURL = 'sha256:40926ceed598e907a8c5875ff6306da6f562af7b84a49ab935d94f548b1cdfa2' as DiffID;
const OTHER = 'sha256:95d78f9b379fbc8883375924a5e8b4008f3372f3fe7faaddbe859633d8c023ca' as DiffID;
const HEX = 'a'.repeat(64);

describe('digest', () => {
  describe('ChainIDs of the seed documents', () => {
    const cases: [string, DiffID[], string][] = [
      [
        "the notes' example",
        [ALPINE_37, OTHER],
        'sha256:89697eda7a7ec892a2ca18d0ad46e374b5c2150bf5f5a153879d4b27440fd31b',
      ],
      [
        'my-alpine on alpine:3.7',
        [ALPINE_37, CURL],
        'sha256:8882f824eaa539f97b120b629e78452615a05c59152a64281d9af6d4d6128448',
      ],
      [
        'my-alpine on alpine:3.12',
        [ALPINE_312, CURL],
        'sha256:e29d21e1ce1026c50813caeb2c801ba9ad354386b79df749963778b95dd3c341',
      ],
    ];
    for (const [name, diffIds, top] of cases) {
      it(name, () => {
        expect(chainIdsOf(diffIds)).to.deep.equal([diffIds[0], top]);
      });
    }
  });

  it("hashes an image config's exact bytes to the ID that dockerd gave it", () => {
    const text = readFileSync(
      new URL('../../testdata/changed-ubuntu.image-config', import.meta.url),
      'utf8',
    );
    expect(imageIdOf(text)).to.equal(
      'sha256:c0067aa3ef5d766e1fe1dea666fa7fe1a52961b40ba1d291c7e9f6b9d6cc137b',
    );
    expect(imageIdOf(`${text}\n`)).not.to.equal(imageIdOf(text));
    expect(imageIdOf(JSON.stringify(JSON.parse(text)))).not.to.equal(imageIdOf(text));
  });

  it('hashes UTF-8 bytes, not UTF-16 units', () => {
    for (const text of ['', 'Größe', '标签', '\u{1f433}']) {
      const hash = createHash('sha256').update(Buffer.from(text, 'utf8'));
      const hex = hash.digest('hex');
      expect(sha256Hex(text)).to.equal(hex);
      expect(Buffer.from(sha256Bytes(text)).toString('hex')).to.equal(hex);
      expect(imageIdOf(text)).to.equal(`sha256:${hex}`);
    }
  });

  it('chains as the image-spec says, whatever the layers', () => {
    const digest = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => `sha256:${Buffer.from(bytes).toString('hex')}` as DiffID);
    fc.assert(
      fc.property(fc.array(digest, { maxLength: 8 }), (diffIds) => {
        let chain: string | undefined;
        const expected = diffIds.map((diffId) => {
          chain =
            chain === undefined
              ? diffId
              : `sha256:${createHash('sha256').update(`${chain} ${diffId}`).digest('hex')}`;
          return chain;
        });
        expect(chainIdsOf(diffIds)).to.deep.equal(expected);
      }),
    );
  });

  it('gives a base layer its DiffID as ChainID', () => {
    expect(chainIdOn(undefined, ALPINE_37)).to.equal(ALPINE_37);
    expect(chainIdOn(ALPINE_37 as string as ChainID, CURL)).not.to.equal(CURL);
    expect(chainIdsOf([])).to.deep.equal([]);
  });

  describe('what is a digest', () => {
    const cases: [unknown, boolean][] = [
      [`sha256:${HEX}`, true],
      [HEX, false],
      [`sha256:${HEX.toUpperCase()}`, false],
      [`SHA256:${HEX}`, false],
      [`sha256:${HEX}a`, false],
      [`sha256:${HEX.slice(1)}`, false],
      [`sha256:${HEX}\n`, false],
      [` sha256:${HEX}`, false],
      [`sha512:${HEX}${HEX}`, false],
      ['', false],
      [null, false],
      [undefined, false],
      [12, false],
      [[`sha256:${HEX}`], false],
    ];
    for (const [value, valid] of cases) {
      it(`${value === undefined ? 'nothing' : JSON.stringify(value)}: ${valid ? 'yes' : 'no'}`, () => {
        const expected = valid ? value : undefined;
        expect(asImageID(value)).to.equal(expected);
        expect(asDiffID(value)).to.equal(expected);
        expect(asChainID(value)).to.equal(expected);
      });
    }
  });

  it('shows an ID as docker does', () => {
    expect(hexOf(ALPINE_37)).to.equal(ALPINE_37.slice(7));
    expect(shortId(ALPINE_37)).to.equal('3fc64803ca2d');
    expect(shortId('3fc64803ca2de727')).to.equal('3fc64803ca2d');
  });
});
