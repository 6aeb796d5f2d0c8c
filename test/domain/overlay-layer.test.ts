import { expect } from 'chai';

import {
  folderOfTarget,
  isLinkName,
  linkTargetOf,
  lowerOn,
} from '../../src/domain/overlay-layer.ts';

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
    expect(linkTargetOf('abc', 'diff.2')).to.equal('../abc/diff.2');
  });

  const targets: [string | undefined, string | undefined][] = [
    ['../abc/diff', 'diff'],
    ['../abc/diff.20220628', 'diff.20220628'],
    ['../abc/diff.12.5-slim_1', 'diff.12.5-slim_1'],
    [undefined, undefined],
    ['', undefined],
    ['../abc/', undefined],
    ['../abc/work', undefined],
    ['../abc/diff.', undefined],
    ['../abc/diff..', undefined],
    ['../abc/diff.2/x', undefined],
    ['../abc/diff.2\n', undefined],
    ['../abd/diff', undefined],
    ['/abc/diff', undefined],
    [`../abc/diff.${'x'.repeat(129)}`, undefined],
  ];
  for (const [target, folder] of targets) {
    it(`takes ${folder ?? 'no folder'} from ${JSON.stringify(target?.slice(0, 30) ?? null)}`, () => {
      expect(folderOfTarget('abc', target)).to.equal(folder);
    });
  }

  it('lists the nearest layer first, and nothing for a base layer', () => {
    expect(lowerOn(undefined)).to.equal(undefined);
    expect(lowerOn({ link: 'B', lower: undefined })).to.equal('l/B');
    expect(lowerOn({ link: 'C', lower: 'l/B:l/A' })).to.equal('l/C:l/B:l/A');
  });
});
