import { expect } from 'chai';

import { libraryCacheOf } from '../../../src/checks/loading/ld-so-cache.ts';
import { exampleFact } from './example-fact.ts';

const AMD64 = 0x0303;
const I386 = 0x0003;

function uint32(value: number): string {
  return [0, 8, 16, 24].map((shift) => String.fromCharCode((value >> shift) & 0xff)).join('');
}

/** A cache in ldconfig's new format. */
function cache(entries: readonly [flags: number, name: string, path: string][]): string {
  const tableEnd = 48 + entries.length * 24;
  let strings = '';
  const put = (text: string): string => {
    const at = uint32(tableEnd + strings.length);
    strings += `${text}\0`;
    return at;
  };
  const table = entries
    .map(([flags, name, path]) => uint32(flags) + put(name) + put(path) + '\0'.repeat(12))
    .join('');
  const header = `glibc-ld.so.cache1.1${uint32(entries.length)}${uint32(strings.length)}`;
  return header.padEnd(48, '\0') + table + strings;
}

const BOTH = cache([
  [I386, 'libz.so.1', '/lib/i386-linux-gnu/libz.so.1'],
  [AMD64, 'libz.so.1', '/lib/x86_64-linux-gnu/libz.so.1'],
  [AMD64, 'libz.so.1', '/opt/libz.so.1'],
]);

describe('ld.so.cache', () => {
  it('gives each machine its own libraries, the first of them', () => {
    expect(libraryCacheOf(BOTH, exampleFact())('libz.so.1')).to.equal(
      '/lib/x86_64-linux-gnu/libz.so.1',
    );
    const i386 = exampleFact({ machine: 3, bits: 32 });
    expect(libraryCacheOf(BOTH, i386)('libz.so.1')).to.equal('/lib/i386-linux-gnu/libz.so.1');
    expect(libraryCacheOf(BOTH, exampleFact())('libq.so')).to.equal(undefined);
  });

  it('takes all where machine and class do not tell the ABI', () => {
    const arm = exampleFact({ machine: 40, bits: 32 });
    expect(libraryCacheOf(BOTH, arm)('libz.so.1')).to.equal('/lib/i386-linux-gnu/libz.so.1');
  });

  it('reads the new format behind the old one', () => {
    const old = `ld.so-1.7.0\0${uint32(2)}${'\0'.repeat(24)}`;
    const found = libraryCacheOf(old + BOTH, exampleFact())('libz.so.1');
    expect(found).to.equal('/lib/x86_64-linux-gnu/libz.so.1');
  });

  it('takes a damaged file for what is left of it', () => {
    for (let length = 0; length <= BOTH.length; length += 1) {
      const found = libraryCacheOf(BOTH.slice(0, length), exampleFact())('libz.so.1');
      expect(found).to.be.oneOf([undefined, '/lib/x86_64-linux-gnu/libz.so.1', '/opt/libz.so.1']);
    }
    expect(libraryCacheOf('no cache', exampleFact())('libz.so.1')).to.equal(undefined);
    const many = BOTH.slice(0, 20) + '\xff\xff\xff\xff' + BOTH.slice(24);
    expect(libraryCacheOf(many, exampleFact())('libz.so.1')).to.be.a('string');
  });
});
