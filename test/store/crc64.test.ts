import { expect } from 'chai';
import fc from 'fast-check';

import { Crc64 } from '../../src/store/crc64.ts';
import { crc64 } from '../support/store/crc64.ts';

describe('store/crc64', () => {
  // Go's hash/crc64 with crc64.ISO gives these.
  const cases: [string, string][] = [
    ['', '0000000000000000'],
    ['a', '3420000000000000'],
    ['123456789', 'b90956c775a41001'],
    ['The quick brown fox jumps over the lazy dog', '4ef14e19f4c6e28e'],
  ];
  for (const [text, hex] of cases) {
    it(`of "${text}" is ${hex}`, () => {
      const digest = new Crc64().update(Buffer.from(text)).digest();
      expect(Buffer.from(digest, 'base64').toString('hex')).to.equal(hex);
    });
  }

  it('does not depend on how the bytes are cut into pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        const crc = new Crc64();
        for (const piece of pieces) crc.update(piece);
        expect(crc.digest()).to.equal(crc64(Buffer.concat(pieces)));
      }),
    );
  });
});
