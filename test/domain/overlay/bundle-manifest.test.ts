import { expect } from 'chai';
import fc from 'fast-check';

import type { BundleManifest } from '../../../src/domain/overlay/bundle.ts';
import { bundleManifestText } from '../../../src/domain/overlay/bundle-text.ts';
import { readBundleManifest } from '../../../src/domain/overlay/read-bundle-manifest.ts';
import { exampleBase } from '../../support/packed-bundle.ts';

const FILE = {
  ...({ type: 'file', mode: 0o644, uid: 0, gid: 0, size: 3, target: undefined } as const),
  ...{ hardLinkOf: undefined, device: undefined, carried: true, sha256: 'a'.repeat(64) },
};
const ROOT = {
  ...FILE,
  path: '',
  type: 'directory',
  mode: 0o755,
  size: 0,
  sha256: undefined,
} as const;

function manifestOf(changes: Partial<BundleManifest>): BundleManifest {
  return {
    ...{ schema: 'rebase-image/overlay-bundle/v1', tool: '1.2.3' },
    ...{ architecture: 'arm64', os: 'linux', variant: 'v8', version: '20220628', union: true },
    ...{ old: exampleBase('base:1', ['a']), new: exampleBase('base:2', ['a', 'b']) },
    ...{ root: { uid: 100_000, gid: 100_000 }, entries: [ROOT], whiteouts: [] },
    ...changes,
  };
}

describe('domain/overlay bundle manifests', () => {
  it('are read as they were written', () => {
    const manifest = manifestOf({
      entries: [
        ROOT,
        { ...FILE, path: 'a', mode: 0o4755, uid: 1, gid: 3_000_000 },
        {
          ...FILE,
          path: 'b',
          hardLinkOf: 'a',
          mode: 0o4755,
          uid: 1,
          gid: 3_000_000,
          sha256: undefined,
        },
        { ...FILE, path: 'c', type: 'symlink', size: 0, target: '/\xff', sha256: undefined },
        {
          ...FILE,
          path: 'd',
          type: 'block',
          size: 0,
          device: '8:1',
          carried: false,
          sha256: undefined,
        },
        { ...FILE, path: 'e', carried: false, uid: -100_000, sha256: undefined },
      ],
      whiteouts: ['gone\n', '\xc5\x82'],
    });
    expect(readBundleManifest(bundleManifestText(manifest))).to.deep.equal(manifest);
    const plain = manifestOf({ variant: undefined, union: false });
    expect(readBundleManifest(bundleManifestText(plain))).to.deep.equal(plain);
  });

  it('have a line for each name', () => {
    const names = ['"\\', '\x01\n', '\x7f\x80', '\xc3\xa9'];
    const entries = names.map((path) => ({ ...FILE, path }));
    const text = bundleManifestText(manifestOf({ entries: [ROOT, ...entries] }));
    const lines = text.split('\n').filter((line) => line.includes('"path"'));
    expect(lines.length).to.equal(5);
    expect(lines[1]).to.contain('"mode":"0644"');
  });

  it('keep every name', () => {
    const unit = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
    const name = fc
      .string({ unit, minLength: 1, maxLength: 20 })
      .filter((text) => !text.includes('/') && !['.', '..'].includes(text));
    fc.assert(
      fc.property(name, (path) => {
        const manifest = manifestOf({ entries: [ROOT, { ...FILE, path }] });
        expect(readBundleManifest(bundleManifestText(manifest))).to.deep.equal(manifest);
      }),
    );
  });
});
