/** The examination of stores with anything in the place of any file: no error, no wait, no change. */
import { readdirSync, lstatSync } from 'node:fs';
import { join, relative } from 'node:path';

import { expect } from 'chai';
import fc from 'fast-check';

import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, readTree } from '../support/tree-state.ts';
import {
  examined,
  fifo,
  leadTo,
  makeFolder,
  patient,
  put,
  remove,
  type Patient,
} from './damaged-store.ts';
import { fastDir } from './stopped-store.ts';

/** What may stand where dockerd keeps a small file. */
const CONTENTS = fc.oneof(
  fc.constantFrom('', '\0', '\n', 'null', '[]', '{}', '"', '{"Repositories":{"a":{"a:1":7}}}'),
  fc.constantFrom('../../../../etc/passwd', '/etc/passwd', 'l/..:l/.', `sha256:${'0'.repeat(64)}`),
  fc.constantFrom('['.repeat(100_000), `{"a":${'{"a":'.repeat(50_000)}`, '9'.repeat(5000)),
  fc.constantFrom('{"rootfs":{"diff_ids":{}}}', '{"rootfs":{"diff_ids":["x"]},"history":[null]}'),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

type Put = (path: string) => unknown;

const PUTS: fc.Arbitrary<Put> = fc.oneof(
  {
    weight: 6,
    arbitrary: CONTENTS.map(
      (text): Put =>
        (path) =>
          put(path, text),
    ),
  },
  fc.uint8Array({ maxLength: 100 }).map(
    (bytes): Put =>
      (path) =>
        put(path, Buffer.from(bytes)),
  ),
  fc.constantFrom<Put>(
    (path) => fifo(path),
    (path) => makeFolder(remove(path)),
    (path) => leadTo(path, '/etc/passwd'),
    (path) => leadTo(path, '/dev/zero'),
    (path) => leadTo(path, path),
    (path) => remove(path),
  ),
);

describe('doctor: anything in the place of a file', () => {
  afterEach(removeTempDirs);

  it('is judged without an error, and stays as it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), PUTS), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, deep) => {
          const p = await patient(join(fastDir(), 'data'));
          const files = filesOf(p);
          for (const [at, change] of changes) {
            const path = files[at % files.length]!;
            if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) change(path);
          }
          const before = readTree(p.root);
          const { findings } = await examined(p.root, { deep });
          for (const { message, remedy } of findings) {
            expect(message).to.not.match(/root:/);
            expect(remedy).to.not.equal('');
          }
          expect(diffTrees(before, readTree(p.root))).to.deep.equal([]);
          removeTempDirs();
        },
      ),
      { numRuns: 25 },
    );
  });
});

/** Every file that dockerd reads, those below diff/ left out. */
function filesOf({ root }: Patient): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(root, path).includes('/diff/'))
    .filter((path) => /\/(image|overlay2|containers)\//.test(path))
    .sort();
}
