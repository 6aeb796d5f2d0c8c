import { execFileSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { readDependentMarks } from '../../src/store/dependent-marks.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { surveyLayers } from '../../src/store/survey-layers.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

describe('store/dependent-marks', () => {
  let root: string;

  beforeEach(() => {
    root = makeTempDir();
  });
  afterEach(removeTempDirs);

  function make(place: string): string {
    const whole = join(root, 'overlay2', place);
    mkdirSync(whole, { recursive: true });
    return whole;
  }

  function marks(cacheIds: string[]): ReturnType<typeof readDependentMarks> {
    const layout = layoutOf(root);
    return readDependentMarks(layout, surveyLayers(layout, cacheIds));
  }

  function mark(file: string, name: string, value: string): void {
    execFileSync('setfattr', ['-n', name, '-v', value, file]);
  }

  it('reads nothing of nothing', () => {
    expect(marks([])).to.deep.equal(new Map());
  });

  it('finds redirects and metacopies by layer, and leaves other marks alone', () => {
    mark(make('a/diff/opt/new'), 'trusted.overlay.redirect', '/opt/old');
    mark(make('a/diff'), 'trusted.overlay.opaque', 'y');
    make('b/diff/x');
    const file = join(make('c/diff'), 'big');
    writeFileSync(file, '');
    truncateSync(file, 20_000);
    mark(file, 'trusted.overlay.metacopy', 'y');
    mark(make('d/diff'), 'user.overlay.redirect', 'x');

    expect(marks(['a', 'b', 'c', 'd'])).to.deep.equal(
      new Map([
        ['a', [{ path: 'opt/new', xattr: 'trusted.overlay.redirect' }]],
        ['c', [{ path: 'big', xattr: 'trusted.overlay.metacopy' }]],
        ['d', [{ path: '', xattr: 'user.overlay.redirect' }]],
      ]),
    );
  });
});
