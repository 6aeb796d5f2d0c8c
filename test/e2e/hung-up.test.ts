import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { buildStore } from '../support/store-builder.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { cliCommand } from './support/cli.ts';

describe('a run whose terminal is gone', () => {
  afterEach(removeTempDirs);

  it('goes on to its end when nobody reads what it says', async () => {
    const store = await buildStore(makeTempDir(), {
      images: [
        { name: 'old', tags: ['alpine:3.7'], layers: [{ files: { a: 'old' } }] },
        { name: 'new', tags: ['alpine:3.12'], layers: [{ files: { a: 'new' } }] },
        { name: 'app', from: 'old', tags: ['my:1'], layers: [{ files: { b: 'app' } }] },
      ],
    });
    const args = ['my:1', '--onto', 'alpine:3.12', '--yes', '--data-root', store.root];
    const { file, args: words, env } = cliCommand(args, {});
    // The reader ends at once: every later write meets a closed pipe.
    const script = '{ "$@" 2>&1; echo $? >"$STATUS"; } | head -c 0';
    const status = join(makeTempDir(), 'status');
    execFileSync('sh', ['-c', script, 'sh', file, ...words], { env: { ...env, STATUS: status } });
    expect(readFileSync(status, 'utf8').trim()).to.equal('0');
    const tags = readFileSync(join(store.root, 'image/overlay2/repositories.json'), 'utf8');
    expect(tags).to.not.contain(store.image('app').imageId);
  });
});
