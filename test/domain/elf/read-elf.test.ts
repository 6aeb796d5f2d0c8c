import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import fc from 'fast-check';

import { readElf, type ReadAt } from '../../../src/domain/elf/read-elf.ts';
import type { ElfFact } from '../../../src/domain/file-fact.ts';
import { exampleElf } from './example-elf.ts';

const PROGRAM: ElfFact = {
  bits: 64,
  littleEndian: true,
  machine: 62,
  type: 3,
  interpreter: '/lib64/ld-linux-x86-64.so.2',
  dynamic: true,
  soname: undefined,
  needed: ['libssl.so.3', 'libc.so.6'],
  rpath: undefined,
  runpath: '$ORIGIN/../lib',
  noDefaultLib: true,
  versionsNeeded: [
    { file: 'libc.so.6', version: 'GLIBC_2.34', weak: false },
    { file: 'libc.so.6', version: 'GLIBC_2.2.5', weak: true },
    { file: 'libssl.so.3', version: 'OPENSSL_3.0.0', weak: false },
  ],
  versionsDefined: ['libown.so.1', 'OWN_1'],
};

const name = fc.stringMatching(/^[\x01-\xff]{1,12}$/);
const facts: fc.Arbitrary<ElfFact> = fc.record({
  bits: fc.constantFrom(32 as const, 64 as const),
  littleEndian: fc.boolean(),
  machine: fc.nat(65535),
  type: fc.constantFrom(2, 3),
  interpreter: fc.option(name, { nil: undefined }),
  dynamic: fc.constant(true),
  soname: fc.option(name, { nil: undefined }),
  needed: fc.array(name, { maxLength: 4 }),
  rpath: fc.option(name, { nil: undefined }),
  runpath: fc.option(name, { nil: undefined }),
  noDefaultLib: fc.boolean(),
  versionsNeeded: fc.array(
    fc.record({ file: fc.constant('libc.so.6'), version: name, weak: fc.boolean() }),
    { maxLength: 3 },
  ),
  versionsDefined: fc.array(name, { maxLength: 3 }),
});

function readerOf(bytes: Uint8Array): ReadAt {
  return (offset, length) => bytes.subarray(offset, offset + length);
}

/** The facts, or the one kind of error that is allowed. */
function factsOrRefusal(bytes: Uint8Array): ElfFact | SyntaxError {
  try {
    return readElf(readerOf(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

describe('readElf', () => {
  it('reads what a loader looks at', () => {
    expect(readElf(readerOf(exampleElf(PROGRAM)))).to.deep.equal(PROGRAM);
  });

  it('reads both classes and byte orders', () => {
    fc.assert(
      fc.property(facts, (each) => {
        expect(readElf(readerOf(exampleElf(each)))).to.deep.equal(each);
      }),
      { numRuns: 200 },
    );
  });

  it('reads a static program', () => {
    const read = readElf(
      readerOf(exampleElf({ ...PROGRAM, dynamic: false, interpreter: undefined })),
    );
    expect(read).to.deep.include({ dynamic: false, interpreter: undefined, needed: [] });
  });

  it('reads the program that runs this test', () => {
    const bytes = readFileSync(process.execPath);
    expect(readElf(readerOf(bytes))).to.include({ bits: 64, littleEndian: true });
  });

  it('says of what is none that it is none', () => {
    for (const text of ['', '\x7fEL', '#!/bin/sh\n', 'x'.repeat(100)]) {
      expect(() => readElf(readerOf(Buffer.from(text, 'latin1')))).to.throw(
        SyntaxError,
        'it is no ELF file',
      );
    }
  });

  it('throws nothing but SyntaxError for a file cut short anywhere', () => {
    const bytes = exampleElf(PROGRAM);
    for (let length = 0; length < bytes.length; length += 1) {
      factsOrRefusal(bytes.subarray(0, length));
    }
    expect(factsOrRefusal(bytes.subarray(0, bytes.length - 1))).to.be.instanceOf(SyntaxError);
  });

  it('throws nothing but SyntaxError for changed bytes', () => {
    const change = fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
    fc.assert(
      fc.property(facts, fc.array(change, { maxLength: 6 }), (each, changes) => {
        const bytes = exampleElf(each);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        factsOrRefusal(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads little of a large file, and little of one that points everywhere', () => {
    const small = exampleElf(PROGRAM);
    let asked = 0;
    const large: ReadAt = (offset, length) => {
      asked += length;
      const bytes = new Uint8Array(length);
      bytes.set(small.subarray(offset, offset + length));
      return bytes;
    };
    expect(readElf(large)).to.deep.equal(PROGRAM);
    expect(asked).to.be.below(64 * 1024);

    // A text without an end, in a file without one.
    asked = 0;
    const endless: ReadAt = (offset, length) => {
      asked += length;
      const bytes = new Uint8Array(length).fill(0x41);
      bytes.set(small.subarray(offset, Math.min(offset + length, small.length - 1)));
      return bytes;
    };
    expect(() => readElf(endless)).to.throw(SyntaxError);
    expect(asked).to.be.below(5 * 1024 * 1024);
  });

  it('ends with versions that point at themselves', () => {
    const bytes = exampleElf(PROGRAM);
    // Every 4 bytes that say "16 further" say "0xfffffff0 further", and wrap round in 32 bits.
    for (let at = 64 + 3 * 56; at + 4 <= bytes.length; at += 4) {
      if (bytes[at] === 16 && bytes[at + 1] === 0) bytes.fill(0xff, at, at + 4);
    }
    expect(factsOrRefusal(bytes)).to.be.instanceOf(SyntaxError);
  });
});
