import { execFileSync } from 'node:child_process';
import { closeSync, linkSync, mkdirSync, readSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import fse from 'fs-extra';

import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { openInLayer } from '../../src/store/open-in-layer.ts';
import { readLayerFile } from '../../src/store/read-layer-file.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { damageIn } from './damage.ts';

describe('store/read-layer-file', () => {
  let layout: Layout;
  let diff: string;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    diff = join(layout.overlay, 'abc', 'diff');
    fse.outputFileSync(join(diff, 'usr/bin/tool'), 'the tool');
    fse.outputFileSync(join(layout.overlay, 'abc', 'secret'), 'of the host');
    writeFileSync(Buffer.from(`${diff}/\xff\n`, 'latin1'), 'bytes');
    writeFileSync(join(diff, 'empty'), '');
    linkSync(join(diff, 'usr/bin/tool'), join(diff, 'hard'));
    symlinkSync('usr', join(diff, 'inside'));
    symlinkSync('usr/bin/tool', join(diff, 'last'));
    symlinkSync('/etc', join(diff, 'absolute'));
    symlinkSync('../../../..', join(diff, 'outside'));
    symlinkSync('loop', join(diff, 'loop'));
  });
  afterEach(removeTempDirs);

  const found: [string, string][] = [
    ['usr/bin/tool', 'the tool'],
    ['hard', 'the tool'],
    ['empty', ''],
    ['\xff\n', 'bytes'],
  ];
  for (const [path, content] of found) {
    it(`reads ${JSON.stringify(path)}`, () => {
      expect(read(path)).to.equal(content);
    });
  }

  const refused: [string, string][] = [
    ['gone', 'it is not there'],
    ['usr/gone/tool', 'it is not there'],
    ['usr/bin/tool/x', 'it is not there'],
    ['\xff', 'it is not there'],
    ['usr\0/bin', 'it is not there'],
    ['n'.repeat(300), 'it cannot be opened (ENAMETOOLONG)'],
    ['', 'it is no regular file'],
    ['usr', 'it is no regular file'],
    ['last', 'it is no regular file'],
    ['inside/bin/tool', 'a symlink is in the way'],
    ['absolute/passwd', 'a symlink is in the way'],
    ['outside/etc/passwd', 'a symlink is in the way'],
    ['loop/x', 'a symlink is in the way'],
  ];
  for (const [path, reason] of refused) {
    it(`says of ${JSON.stringify(path.slice(0, 30))}: ${reason}`, () => {
      expect(read(path)).to.equal(`! ${reason}`);
    });
  }

  it('does not leave the layer by ..', () => {
    expect(read('../secret')).to.equal('! it is not there');
    expect(read('usr/../../../abc/secret')).to.equal('! it is not there');
  });

  it('neither waits for a pipe nor opens a device', () => {
    execFileSync('mkfifo', [join(diff, 'pipe')]);
    execFileSync('mknod', [join(diff, 'zero'), 'c', '1', '5']);
    for (const path of ['pipe', 'zero']) expect(read(path)).to.equal('! it is no regular file');
  });

  it('reads as much as the limit, and only the head of more when asked for it', () => {
    const options = [
      { limit: 8 },
      { limit: 7 },
      { limit: 7, head: true },
      { limit: 0, head: true },
    ];
    expect(options.map((each) => read('hard', each))).to.deep.equal([
      'the tool',
      '! it is larger than 7 bytes',
      'the too',
      '',
    ]);
  });

  it('says that a layer without a directory has no files', () => {
    fse.removeSync(diff);
    expect(read('usr/bin/tool')).to.equal('! it is not there');
  });

  it('takes no diff directory that is a symlink', () => {
    mkdirSync(join(layout.overlay, 'other'));
    symlinkSync('../abc/diff', join(layout.overlay, 'other', 'diff'));
    expect(readLayerFile(layout, 'other', 'hard', { limit: 100 })).to.have.property('reason');
  });

  for (const cacheId of ['..', '', 'abc/diff', '/etc', 'a\n']) {
    it(`refuses the cache-id ${JSON.stringify(cacheId)}`, () => {
      const error = damageIn(() => readLayerFile(layout, cacheId, 'hard', { limit: 100 }));
      expect(error).to.not.equal(undefined);
    });
  }

  it('leaves no file open', () => {
    const before = openFiles();
    for (const [path] of [...found, ...refused]) read(path);
    for (const [path] of [...found, ...refused]) {
      const opened = openInLayer(diff, path, 'inside');
      if ('fd' in opened) closeSync(opened.fd);
    }
    expect(openFiles()).to.deep.equal(before);
  });

  const inside: [string, string][] = [
    ['inside/bin/tool', 'the tool'],
    ['./inside/./bin//tool', 'the tool'],
    ['/usr/bin/tool', 'the tool'],
    ['usr/../inside/bin/../bin/tool', 'the tool'],
    ['absolute/passwd', '! it is not there'],
    ['outside/usr/bin/tool', 'the tool'],
    ['outside/etc/passwd', '! it is not there'],
    ['../../usr/bin/tool', 'the tool'],
    ['loop/x', '! a symlink is in the way'],
    ['last', '! it is no regular file'],
  ];
  for (const [path, expected] of inside) {
    it(`follows ${path} inside the layer: ${expected}`, () => {
      const opened = openInLayer(diff, path, 'inside');
      if ('reason' in opened) {
        expect(`! ${opened.reason}`).to.equal(expected);
        return;
      }
      const bytes = Buffer.alloc(100);
      expect(bytes.toString('latin1', 0, readSync(opened.fd, bytes))).to.equal(expected);
      closeSync(opened.fd);
    });
  }

  function read(
    path: string,
    options: { limit: number; head?: boolean } = { limit: 1000 },
  ): string {
    const file = readLayerFile(layout, 'abc', path, options);
    return 'bytes' in file ? file.bytes.toString('latin1') : `! ${file.reason}`;
  }
});

function openFiles(): string[] {
  return fse.readdirSync('/proc/self/fd').sort();
}
