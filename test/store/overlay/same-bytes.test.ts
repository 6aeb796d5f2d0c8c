import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { RebaseError } from '../../../src/errors.ts';
import { hasSha256, haveSameBytes } from '../../../src/store/overlay/same-bytes.ts';
import { makeTempDir, removeTempDirs } from '../../support/temp-dir.ts';

const MEGABYTE = 1024 * 1024;

describe('store/overlay/same-bytes', () => {
  afterEach(removeTempDirs);

  for (const size of [0, 1, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 2 * MEGABYTE]) {
    it(`tells files of ${size} bytes apart by any byte`, () => {
      const folder = makeTempDir();
      const bytes = Buffer.alloc(size, 7);
      writeFileSync(join(folder, 'a'), bytes);
      writeFileSync(join(folder, 'b'), bytes);
      const [a, b] = ['a', 'b'].map((path) => ({ folder, path })) as [Place, Place];
      expect(haveSameBytes(a, b)).to.equal(true);
      const sum = createHash('sha256').update(bytes).digest('hex');
      expect(hasSha256(a, sum)).to.equal(true);
      for (const at of size === 0 ? [] : [0, size - 1]) {
        const other = Buffer.from(bytes);
        other[at] = 8;
        writeFileSync(join(folder, 'b'), other);
        expect(haveSameBytes(a, b)).to.equal(false);
        expect(hasSha256(b, sum)).to.equal(false);
      }
      writeFileSync(join(folder, 'b'), Buffer.alloc(size + 1, 7));
      expect(haveSameBytes(a, b)).to.equal(false);
    });
  }

  it('takes names as bytes, one file for itself, and follows no symlink', () => {
    const folder = makeTempDir();
    mkdirSync(join(folder, 'd'));
    const odd = Buffer.concat([Buffer.from(`${folder}/d/`), Buffer.from([0xff])]);
    writeFileSync(odd, 'x');
    linkSync(odd, join(folder, 'link'));
    symlinkSync('/etc/passwd', join(folder, 'symlink'));
    expect(haveSameBytes({ folder, path: 'd/\xff' }, { folder, path: 'link' })).to.equal(true);
    expect(() => hasSha256({ folder, path: 'symlink' }, '')).to.throw(/ELOOP/);
  });

  it('says of a file that is gone that the base changed', () => {
    const folder = makeTempDir();
    writeFileSync(join(folder, 'a'), 'x');
    const gone = { folder, path: 'etc/gone' };
    expect(() => haveSameBytes({ folder, path: 'a' }, gone))
      .to.throw(RebaseError, '/etc/gone of a base changed while it was read')
      .with.property('code', 'STORE_CHANGED');
  });
});

interface Place {
  readonly folder: string;
  readonly path: string;
}
