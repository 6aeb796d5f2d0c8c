import { expect } from 'chai';

import { asChainID, asImageID } from '../../../src/domain/digest.ts';
import { isVersionName, type OverlayVersion } from '../../../src/domain/overlay/version.ts';
import { freeVersionName, versionNameOf } from '../../../src/plan/overlay/version-name.ts';

const ID = asImageID(`sha256:${'ab'.repeat(32)}`)!;
const SHOWS = { name: 'base:2', imageId: ID, chainId: asChainID(`sha256:${'cd'.repeat(32)}`)! };

describe('plan/overlay/version-name', () => {
  it("is the image's tag, else its short ID", () => {
    expect(versionNameOf('registry.local:5000/base:20220628', ID)).to.equal('20220628');
    expect(versionNameOf('abababababab', ID)).to.equal('abababababab');
    expect(versionNameOf(`base@${ID}`, ID)).to.equal('abababababab');
  });

  it('gives way to what is there, whole or not', () => {
    const free = (version: string, taken: readonly string[], unknown: readonly string[] = []) =>
      freeVersionName(
        { versions: taken.map(versionCalled), unknown: unknown.map((name) => `diff.${name}`) },
        { version, shows: SHOWS, union: false },
      );
    expect(free('2', [])).to.equal('2');
    expect(free('2', ['2'])).to.equal('2-abababababab');
    expect(free('2', [], ['2'])).to.equal('2-abababababab');
    expect(free('2', ['2', '2-abababababab'], ['2-2'])).to.equal('2-3');
    const long = 'x'.repeat(128);
    expect(free(long, [])).to.equal(long);
    expect(free(long, [long])).to.satisfy(isVersionName);
  });

  it('says what a union is', () => {
    const wish = { version: '2', shows: SHOWS, union: true };
    expect(freeVersionName({ versions: [versionCalled('2')], unknown: [] }, wish)).to.equal(
      '2-union',
    );
  });
});

function versionCalled(version: string): OverlayVersion {
  return { version, base: SHOWS, shows: SHOWS, union: false, transaction: 1 };
}
