import { expect } from 'chai';
import fc from 'fast-check';

import { bytesOfText, textOfBytes } from '../../src/domain/byte-string.ts';

describe('domain/byte-string', () => {
  const cases: [string, string][] = [
    ['', ''],
    ['usr/bin', 'usr/bin'],
    ['\xc3\xa9', 'é'],
    ['\xf0\x9f\x90\xb3', '🐳'],
    ['\xef\xbb\xbfa', '\ufeffa'],
    ['a\0\n\x7f', 'a\0\n\x7f'],
  ];
  for (const [bytes, text] of cases) {
    it(`${JSON.stringify(bytes)} is ${JSON.stringify(text)}`, () => {
      expect(textOfBytes(bytes)).to.equal(text);
      expect(bytesOfText(text)).to.equal(bytes);
    });
  }

  const broken: [string, string][] = [
    ['\xff', '\\xff'],
    ['a\xc3', 'a\\xc3'],
    ['\xc0\xaf', '\\xc0\\xaf'],
    ['\xed\xa0\x80', '\\xed\\xa0\\x80'],
  ];
  for (const [bytes, text] of broken) {
    it(`${JSON.stringify(bytes)}, which is no UTF-8, is shown as ${text}`, () => {
      expect(textOfBytes(bytes)).to.equal(text);
    });
  }

  it('gives every text back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textOfBytes(bytesOfText(text))).to.equal(text);
        expect(bytesOfText(text)).to.equal(Buffer.from(text).toString('latin1'));
      }),
    );
  });
});
