import { expect } from 'chai';

import { checkPlatform } from '../../src/checks/platform.ts';
import type { Platform } from '../../src/domain/image-config.ts';

/** `linux/arm/v7`; a part that is `-` is not said. */
function platform(text: string): Platform {
  const [os = '', architecture = '', variant = ''] = text.split('/').map((part) => {
    return part === '-' ? '' : part;
  });
  return { os, architecture, variant };
}

describe('platform', () => {
  const cases: [string, string, boolean][] = [
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64', 'linux/arm64', false],
    ['linux/arm/v7', 'linux/arm/v7', true],
    ['linux/arm/v7', 'linux/arm/v6', false],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/arm', 'linux/arm/v7', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/amd64', 'linux/arm/v7', false],
    ['-/amd64', 'linux/amd64', true],
    ['linux/-', 'linux/amd64', true],
    ['linux/amd64', '-/-', true],
    ['-/-', '-/-', true],
    ['linux/amd64', 'windows/amd64', false],
    ['linux/-/v7', 'linux/arm/v6', false],
  ];
  for (const [image, newBase, agree] of cases) {
    it(`${image} on ${newBase}: ${agree ? 'yes' : 'no'}`, () => {
      const findings = checkPlatform(platform(image), platform(newBase));
      expect(findings).to.have.length(agree ? 0 : 1);
      expect(checkPlatform(platform(newBase), platform(image))).to.have.length(agree ? 0 : 1);
    });
  }

  it('names both sides', () => {
    const [finding] = checkPlatform(platform('linux/amd64'), platform('linux/arm/v7'));
    expect(finding).to.include({
      check: 'platform',
      severity: 'breaks',
      message: 'the image is for linux/amd64, the new base for linux/arm/v7',
    });
  });
});
