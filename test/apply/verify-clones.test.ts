import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { verifyClones } from '../../src/apply/verify-clones.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { surveyLayers } from '../../src/store/survey-layers.ts';
import { rejection } from '../daemon/rejection.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const OPAQUE = 'trusted.overlay.opaque';

describe('apply/verify-clones', () => {
  let overlay: string;

  beforeEach(() => {
    overlay = makeTempDir();
    for (const name of ['a/diff/etc', 'a/diff/odd\n-name', 'b/diff/srv']) make(name);
    writeFileSync(join(overlay, 'a/diff/etc/file'), 'x');
    mark('a/diff/etc', OPAQUE, 'y');
    mark('b/diff', 'trusted.overlay.origin', 'some handle');
    mkdirSync(join(overlay, 'clones'));
    for (const name of ['a', 'b']) {
      execFileSync('cp', ['-a', join(overlay, name), join(overlay, 'clones', name)]);
    }
  });
  afterEach(removeTempDirs);

  it('takes faithful clones', () => {
    verify();
  });

  const changes: readonly [string, ...string[]][] = [
    ['lost a mark', '-x', OPAQUE, 'clones/a/diff/etc'],
    ['has another value', '-n', OPAQUE, '-v', 'n', 'clones/a/diff/etc'],
    ['has a mark more', '-n', OPAQUE, '-v', 'y', 'clones/b/diff/srv'],
    ['lost another mark', '-x', 'trusted.overlay.origin', 'clones/b/diff'],
  ];
  for (const [what, ...change] of changes) {
    it(`refuses a clone that ${what}`, async () => {
      setfattr(...change);
      const error = await rejection('APPLY_FAILED', verify);
      expect(error.message).to.contain('overlay marks').and.not.contain('\n');
    });
  }

  it('refuses a clone without one of the directories', async () => {
    rmSync(join(overlay, 'clones/b/diff/srv'), { recursive: true });
    await rejection('STORE_DAMAGED', verify);
  });

  for (const kind of ['redirect', 'metacopy'] as const) {
    for (const namespace of ['trusted', 'user']) {
      it(`refuses a source with ${namespace}.overlay.${kind}`, async () => {
        const place = kind === 'redirect' ? 'b/diff/srv' : 'b/diff/srv/file';
        if (kind === 'metacopy') writeFileSync(join(overlay, place), '');
        mark(place, `${namespace}.overlay.${kind}`, kind === 'redirect' ? '/old' : '');
        const error = await rejection('STORE_UNSUPPORTED', verify);
        expect(error.message).to.contain(`overlay2/${place} has an overlay ${kind}`);
      });
    }
  }

  function verify(): void {
    const layout = { ...layoutOf(overlay), overlay };
    const surveys = surveyLayers(layout, ['a', 'b']);
    verifyClones(overlay, 'clones', surveys.values());
  }

  function make(name: string): void {
    mkdirSync(join(overlay, name), { recursive: true });
  }

  function mark(name: string, xattr: string, value: string): void {
    setfattr('-v', value === '' ? '""' : value, '-n', xattr, name);
  }

  function setfattr(...args: string[]): void {
    execFileSync('setfattr', [...args], { cwd: overlay });
  }
});
