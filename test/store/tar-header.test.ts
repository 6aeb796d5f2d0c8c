import { expect } from 'chai';
import fc from 'fast-check';

import { BLOCK, readTarHeader } from '../../src/store/tar-header.ts';
import { headerBytes, type TarHeader } from '../support/store/tar-header.ts';
import { damageIn } from './damage.ts';

const PLAIN: TarHeader = { name: 'a', type: '0', mode: 0o644, uid: 0, gid: 0, mtime: 0 };

describe('store/tar-header', () => {
  it('reads every field of a ustar header', () => {
    const header = headerBytes({
      ...{
        name: 'dir/\xff',
        type: '3',
        linkName: 'to',
        mode: 0o4755,
        uid: 1234,
        gid: 567,
        mtime: 1,
      },
      ...{ size: 89, major: 7, minor: 300 },
    });
    expect(readTarHeader(header)).to.deep.equal({
      ...{ name: 'dir/\xff', type: '3', linkName: 'to', mode: 0o4755, uid: 1234, gid: 567 },
      ...{ size: 89, major: 7, minor: 300 },
    });
  });

  const numbers: [string, number | undefined][] = [
    ['0000644\0', 0o644],
    ['   644 \0', 0o644],
    ['644\0\0\0\0\0', 0o644],
    ['644\x00junk', 0o644],
    ['00000644', 0o644],
    ['\0\0\0\0\0\0\0\0', 0],
    ['        ', 0],
    ['\x80\0\0\0\0\0\0\x05', 5],
    ['\x80\0\0\0\x01\0\0\0', 2 ** 24],
    ['\x80\x1f\xff\xff\xff\xff\xff\xff', 2 ** 53 - 1],
    ['\x80\x20\0\0\0\0\0\0', undefined],
    ['\xff\xff\xff\xff\xff\xff\xff\xff', undefined],
    ['0000648\0', undefined],
    ['-000644\0', undefined],
    ['0x644\0\0\0', undefined],
    ['6 4\0\0\0\0\0', undefined],
  ];
  for (const [field, uid] of numbers) {
    it(`reads the number ${JSON.stringify(field)} as ${uid ?? 'none'}`, () => {
      const header = changed({ 108: field });
      if (uid === undefined) expect(damageIn(() => readTarHeader(header))).to.not.equal(undefined);
      else expect(readTarHeader(header).uid).to.equal(uid);
    });
  }

  const names: [string, Record<number, string>, string][] = [
    ['a name of 100 bytes', { 0: 'n'.repeat(100) }, 'n'.repeat(100)],
    ['a ustar prefix', { 0: 'n\0', 345: 'p/q\0' }, 'p/q/n'],
    ['a ustar prefix of 155 bytes', { 0: 'n\0', 345: 'p'.repeat(155) }, `${'p'.repeat(155)}/n`],
    ['no prefix of GNU, where times are', { 257: 'ustar  \0', 345: '1234' }, 'a'],
    ['no prefix of an old V7 header', { 257: '\0\0\0\0\0\0\0\0', 345: 'p' }, 'a'],
    [
      'a short prefix of star',
      { 345: 'p'.repeat(131), 476: '12345', 508: 'tar\0' },
      `${'p'.repeat(131)}/a`,
    ],
  ];
  for (const [name, fields, expected] of names) {
    it(`reads ${name}`, () => {
      expect(readTarHeader(changed(fields)).name).to.equal(expected);
    });
  }

  it('has no device numbers in an old V7 header', () => {
    const header = changed({ 257: '\0\0\0\0\0\0\0\0', 329: 'junk', 337: 'junk' });
    expect(readTarHeader(header)).to.include({ major: 0, minor: 0 });
  });

  it('takes a checksum of signed bytes, as old tars made it', () => {
    const header = headerBytes({ ...PLAIN, name: '\xff\xfe' });
    const sum = Number.parseInt(header.toString('latin1', 148, 154), 8) - 2 * 256;
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(readTarHeader(header).name).to.equal('\xff\xfe');
  });

  it('refuses any changed byte', () => {
    const header = headerBytes({ ...PLAIN, name: 'usr/bin/tool', size: 4711 });
    fc.assert(
      fc.property(fc.nat(BLOCK - 1), fc.integer({ min: 1, max: 127 }), (at, change) => {
        const other = Buffer.from(header);
        other[at] = (other[at]! + change) & 0xff;
        // A blank more or less around the digits of the checksum changes nothing.
        fc.pre(at < 148 || at >= 156);
        expect(damageIn(() => readTarHeader(other))).to.not.equal(undefined);
      }),
      { numRuns: 300 },
    );
  });

  it('reads or refuses any bytes, of any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        damageIn(() => readTarHeader(Buffer.from(bytes)));
        const whole = Buffer.alloc(BLOCK);
        whole.set(bytes.subarray(0, BLOCK));
        damageIn(() => readTarHeader(withChecksum(whole)));
      }),
      { numRuns: 500 },
    );
  });
});

/** The plain header with other bytes at these offsets, and its checksum made right again. */
function changed(fields: Record<number, string>): Buffer {
  const header = headerBytes(PLAIN);
  for (const [at, bytes] of Object.entries(fields)) header.write(bytes, Number(at), 'latin1');
  return withChecksum(header);
}

function withChecksum(header: Buffer): Buffer {
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}
