import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { hostDisk } from '../../src/apply/disk.ts';
import { proveMounts } from '../../src/apply/prove-mounts.ts';
import { RebaseError } from '../../src/errors.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

describe('apply/prove-mounts', () => {
  const SOUND = ['l/A:l/B', 'l/B:l/A', 'l/A:l/B'];
  let root: string;

  beforeEach(() => {
    root = makeTempDir();
    mkdirSync(join(root, 'overlay2/l'), { recursive: true });
    for (const link of ['A', 'B']) {
      mkdirSync(join(root, 'overlay2', `layer-${link}`));
      symlinkSync(`../layer-${link}`, join(root, 'overlay2/l', link));
    }
  });
  afterEach(removeTempDirs);

  it('takes sound stacks, also the same one twice', async () => {
    await prove(SOUND);
  });

  for (const at of [0, 1, 2]) {
    it(`finds stack ${at + 1} of three that does not mount`, async () => {
      let thrown: unknown;
      await prove(SOUND.with(at, 'l/A:l/GONE')).catch((error: unknown) => (thrown = error));
      expect(thrown).to.be.instanceOf(RebaseError);
      expect((thrown as RebaseError).message).to.match(/^the new layers do not mount: /);
    });
  }

  it('works in a folder whose name has blanks and a backslash', async () => {
    const folder = join(root, 'a \\ folder');
    mkdirSync(folder);
    await prove(SOUND, folder);
  });

  function prove(stacks: readonly string[], folder = root): Promise<void> {
    return proveMounts({ disk: hostDisk, layout: layoutOf(root), folder }, stacks);
  }
});
