/** The list of files for a second daemon: mocha only warns of a file that is not there. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = new URL('../', import.meta.url);

describe('test/e2e/every-daemon.txt', () => {
  const files = readFileSync(new URL('test/e2e/every-daemon.txt', ROOT), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

  it('lists test files that are there, each once', () => {
    expect(files).to.have.length.above(0);
    expect(files).to.deep.equal([...new Set(files)]);
    for (const file of files) {
      expect(file).to.match(/^test\/e2e\/[\w-]+\.test\.ts$/);
      expect(existsSync(fileURLToPath(new URL(file, ROOT))), file).to.equal(true);
    }
  });
});
