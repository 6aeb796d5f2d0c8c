import { expect } from 'chai';

import type { LayerEntry } from '../../../src/domain/layer-index.ts';
import { treeOf } from '../../../src/domain/merged-tree.ts';
import type { BundleEntry, BundleManifest } from '../../../src/domain/overlay/bundle.ts';
import type { LayerVersions, OverlayVersion } from '../../../src/domain/overlay/version.ts';
import {
  matchBundle,
  refuseChangedBase,
  type MatchedBase,
} from '../../../src/plan/overlay/match-bundle.ts';
import { refusal } from '../../resolve/refusal.ts';
import { exampleBase } from '../../support/packed-bundle.ts';

const FIRST = exampleBase('base:20220621', ['one']);
const SECOND = exampleBase('base:20220628', ['two']);
const THIRD = exampleBase('base:20220726', ['three']);

const FOURTH = exampleBase('base:20220801', ['four']);

const ROOT = { uid: 0, gid: 0 };

function bundle(changes: Partial<BundleManifest> = {}): BundleManifest {
  return {
    ...{ schema: 'rebase-image/overlay-bundle/v1', tool: '1.0.0', union: false },
    ...{ architecture: 'amd64', os: 'linux', variant: undefined, version: '20220628' },
    ...{ old: FIRST, new: SECOND, root: ROOT, entries: [], whiteouts: [] },
    ...changes,
  };
}

function version(shows: typeof FIRST, union = false): OverlayVersion {
  const name = `${shows.name.slice('base:'.length)}${union ? '-union' : ''}`;
  return { version: name, base: FIRST, shows, union, transaction: 1 };
}

function host(
  versions: readonly OverlayVersion[] = [],
  active = 'diff',
  changes: Partial<MatchedBase> = {},
): MatchedBase {
  const layer: LayerVersions = { cacheId: 'x', active, versions, unknown: [], strays: [] };
  const platform = { os: 'linux', architecture: 'amd64', variant: '' };
  return { base: FIRST, platform, versions: layer, root: ROOT, ...changes };
}

describe('plan/overlay/match-bundle', () => {
  it("takes the base's own folder for a bundle made for it", () => {
    expect(matchBundle(bundle(), host())).to.deep.equal({ kind: 'build', folder: 'diff' });
  });

  it('takes the version that shows what the bundle was made for', () => {
    const next = bundle({ old: SECOND, new: THIRD });
    const second = host([version(SECOND)], 'diff.20220628');
    expect(matchBundle(next, second)).to.deep.equal({ kind: 'build', folder: 'diff.20220628' });
    // From the first as well, whatever is shown.
    const both = bundle({ new: THIRD });
    expect(matchBundle(both, second)).to.deep.equal({ kind: 'build', folder: 'diff' });
  });

  it('takes what a union has left only for another union, and an exact one first', () => {
    const next = { old: SECOND, new: THIRD };
    const union = host([version(SECOND, true)], 'diff.20220628-union');
    expect(refusal(() => matchBundle(bundle(next), union)).code).to.equal('BAD_BUNDLE');
    expect(matchBundle(bundle({ ...next, union: true }), union).folder).to.equal(
      'diff.20220628-union',
    );
    const both = host([version(SECOND, true), version(SECOND)], 'diff.20220628');
    expect(matchBundle(bundle({ ...next, union: true }), both).folder).to.equal('diff.20220628');
  });

  it('has nothing to do where the new base is shown, and no more than a switch where it is built', () => {
    const built = [version(SECOND)];
    const folder = 'diff.20220628';
    expect(matchBundle(bundle(), host(built, folder))).to.deep.equal({ kind: 'nothing', folder });
    expect(matchBundle(bundle(), host(built))).to.deep.equal({ kind: 'built', folder });
    expect(matchBundle(bundle({ union: true }), host(built))).to.deep.equal({
      kind: 'build',
      folder: 'diff',
    });
    const itself = host([], 'diff', { base: SECOND });
    expect(matchBundle(bundle(), itself)).to.deep.equal({ kind: 'nothing', folder: 'diff' });
  });

  it('refuses a bundle for another base, and names both', () => {
    const error = refusal(() =>
      matchBundle(bundle({ old: THIRD, new: FOURTH }), host([version(SECOND)])),
    );
    expect(error.code).to.equal('BAD_BUNDLE');
    for (const name of [FIRST.name, SECOND.name, THIRD.name])
      expect(error.message).to.contain(name);
  });

  it('refuses another platform, but not for what one of them does not say', () => {
    const platforms: [Partial<BundleManifest>, boolean][] = [
      [{ architecture: 'arm64' }, false],
      [{ os: 'windows' }, false],
      [{ variant: 'v7' }, true],
      [{ architecture: '' }, true],
    ];
    for (const [changes, fits] of platforms) {
      const match = (): unknown => matchBundle(bundle(changes), host());
      if (fits) match();
      else expect(refusal(match).code).to.equal('BAD_BUNDLE');
    }
    const variant = { os: 'linux', architecture: 'amd64', variant: 'v8' };
    const other = host([], 'diff', { platform: variant });
    expect(refusal(() => matchBundle(bundle({ variant: 'v7' }), other)).message).to.contain('v7');
  });

  it('refuses another mapping of owners', () => {
    const mapped = host([], 'diff', { root: { uid: 100_000, gid: 100_000 } });
    const error = refusal(() => matchBundle(bundle(), mapped));
    expect(error.code).to.equal('STORE_UNSUPPORTED');
    expect(error.message).to.contain('100000:100000');
  });

  describe('on a base that was changed in place', () => {
    const file: LayerEntry = {
      ...{ path: 'etc', type: 'file', mode: 0o644, uid: 0, gid: 0, size: 3 },
      ...{ crc: 'abc', target: undefined, hardLinkOf: undefined, device: undefined },
    };
    const wanted: BundleEntry = { ...file, carried: false, sha256: undefined };
    const treeWith = (...entries: LayerEntry[]) =>
      treeOf([
        {
          chainId: FIRST.chainId,
          diffId: FIRST.diffIds[0]!,
          index: { entries, whiteouts: new Set(), opaque: new Set(), source: 'directory' },
        },
      ]);
    const refuse = (entries: BundleEntry[], ...there: LayerEntry[]): void => {
      refuseChangedBase(bundle({ entries }), FIRST, treeWith(...there));
    };

    it('takes what is just so, and does not ask for what the bundle brings', () => {
      refuse([wanted, { ...wanted, path: 'new', carried: true }], file, { ...file, path: 'more' });
    });

    const changes: Partial<LayerEntry>[] = [
      ...[{ mode: 0o600 }, { uid: 1 }, { gid: 1 }, { size: 4 }, { path: 'other' }],
      ...[
        { type: 'symlink' as const, target: 'x' },
        { type: 'char' as const, device: '1:3' },
      ],
    ];
    for (const change of changes) {
      it(`refuses ${JSON.stringify(change)}`, () => {
        const error = refusal(() => {
          refuse([wanted], { ...file, ...change });
        });
        expect(error.code).to.equal('STORE_CHANGED');
        expect(error.message).to.contain('1 path of base:20220621').and.to.contain('/etc');
      });
    }

    it('counts them and names some', () => {
      const many = ['a', 'b', '\xff', 'd'].map((path) => ({ ...wanted, path }));
      const { message } = refusal(() => {
        refuse(many);
      });
      expect(message).to.contain('4 paths').and.to.contain('/a, /b, /\\xff, ...');
    });
  });
});
