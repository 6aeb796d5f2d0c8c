import { expect } from 'chai';
import fc from 'fast-check';

import { readRpmDatabase } from '../../../src/store/rpm/read-rpm-database.ts';
import {
  berkeleyFile,
  headerBlob,
  ndbFile,
  sqliteFile,
  type ExamplePackage,
} from './example-databases.ts';

const PACKAGES: readonly ExamplePackage[] = [
  { name: 'bash', version: '5.1.8', release: '6.el9', architecture: 'x86_64' },
  { name: 'openssl-libs', version: '3.0.7', release: '24.el9', epoch: 1, padding: 6000 },
  { name: 'gpg-pubkey', version: 'fd431d51', release: '4ae0493b' },
  { name: 'tzdata', version: '2024a', release: '1', epoch: 0, padding: 500 },
];
const FACTS = [
  { name: 'bash', version: '5.1.8-6.el9', architecture: 'x86_64' },
  { name: 'openssl-libs', version: '1:3.0.7-24.el9', architecture: '' },
  { name: 'tzdata', version: '2024a-1', architecture: '' },
];

const FORMATS: readonly [string, (blobs: readonly Buffer[]) => Buffer][] = [
  ['sqlite', sqliteFile],
  ['ndb', ndbFile],
  ['Berkeley DB', berkeleyFile],
  ['Berkeley DB, big endian', (blobs) => berkeleyFile(blobs, 'BE')],
];

/** What reading gives: packages, or the reason why not. Any other error is ours, and a failure. */
function outcome(bytes: Buffer): unknown[] | string {
  try {
    return readRpmDatabase(bytes);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message;
  }
}

describe('rpm databases', () => {
  for (const [name, write] of FORMATS) {
    describe(name, () => {
      const whole = write(PACKAGES.map(headerBlob));

      it('lists the packages, long headers and short ones, but not the trusted keys', () => {
        expect(readRpmDatabase(whole)).to.have.deep.members(FACTS);
      });

      it('an empty database lists nothing', () => {
        expect(readRpmDatabase(write([]))).to.deep.equal([]);
      });

      it('a database that is cut short is an error, never a shorter list', () => {
        const lengths = Array.from({ length: 40 }, (_, at) => Math.floor((at * whole.length) / 40));
        for (const length of lengths) {
          const read = outcome(whole.subarray(0, length));
          if (typeof read !== 'string')
            expect(read, `${length} bytes`).to.have.length(FACTS.length);
        }
      });

      it('a package without a name is an error', () => {
        const nameless = headerBlob({ name: '', version: '1' });
        expect(outcome(write([nameless]))).to.match(/no name/);
      });

      it('survives any bytes in it', () => {
        const change = fc.record({
          at: fc.nat(whole.length - 1),
          bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
        });
        fc.assert(
          fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
            const bytes = Buffer.from(whole);
            for (const { at, bytes: written } of changes)
              bytes.set(written.subarray(0, bytes.length - at), at);
            const read = outcome(bytes);
            if (typeof read !== 'string') expect(read.length).to.be.at.most(1000);
          }),
          { numRuns: 300 },
        );
      });
    });
  }

  it('says of other bytes that they are no rpm database', () => {
    for (const text of ['', 'x', 'Package: a\n'.repeat(100)]) {
      expect(outcome(Buffer.from(text))).to.equal('it is no rpm database');
    }
  });

  it('an sqlite database of something else has no packages', () => {
    expect(outcome(sqliteFile([], 'Bookmarks'))).to.equal('it has no table Packages');
  });

  it('pages in circles are an error', () => {
    const bytes = sqliteFile(PACKAGES.map(headerBlob));
    // The rightmost child of page 2 is page 2.
    bytes.writeUInt32BE(2, 512 + 8);
    expect(outcome(bytes)).to.match(/circles/);
  });

  it('rows that share their overflow pages are not read a thousand times over', () => {
    const bytes = sqliteFile([headerBlob({ name: 'a', version: '1', padding: 300 })]);
    // The length of the only row, a varint of two bytes: far longer than the file.
    const leaf = 2 * 512;
    const cell = leaf + bytes.readUInt16BE(leaf + 8);
    bytes.writeUInt16BE(0xff7f, cell);
    expect(outcome(bytes)).to.match(/longer than the file/);
  });
});
