import { expect } from 'chai';

import { isLinkName, linkTargetOf, lowerOn } from '../../src/domain/overlay-layer.ts';

const LINK = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

describe('overlay-layer', () => {
  const cases: [string | undefined, boolean][] = [
    [LINK, true],
    ['234567'.padEnd(26, 'A'), true],
    [undefined, false],
    ['', false],
    [LINK.toLowerCase(), false],
    [LINK.slice(1), false],
    [`${LINK}A`, false],
    [`${LINK}\n`, false],
    [LINK.replace('A', '1'), false],
    [LINK.replace('A', '/'), false],
  ];
  for (const [text, valid] of cases) {
    it(`${text === undefined ? 'nothing' : JSON.stringify(text)} is ${valid ? 'a' : 'no'} link name`, () => {
      expect(isLinkName(text)).to.equal(valid);
    });
  }

  it('points a link from overlay2/l to the directory', () => {
    expect(linkTargetOf('abc')).to.equal('../abc/diff');
  });

  it('lists the nearest layer first, and nothing for a base layer', () => {
    expect(lowerOn(undefined)).to.equal(undefined);
    expect(lowerOn({ link: 'B', lower: undefined })).to.equal('l/B');
    expect(lowerOn({ link: 'C', lower: 'l/B:l/A' })).to.equal('l/C:l/B:l/A');
  });
});
