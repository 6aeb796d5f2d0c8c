import { expect } from 'chai';
import fc from 'fast-check';

import { paxRecords } from '../../src/store/pax-records.ts';
import { damageIn } from './damage.ts';

describe('store/pax-records', () => {
  const good: [string, [string, string][]][] = [
    ['', []],
    ['5 a=\n', [['a', '']]],
    ['6 a=b\n', [['a', 'b']]],
    ['12 path=a=b\n', [['path', 'a=b']]],
    [
      '11 path=\xff\0\n6 a=b\n',
      [
        ['path', '\xff\0'],
        ['a', 'b'],
      ],
    ],
    ['8 a=b\nc\n', [['a', 'b\nc']]],
    ['6 a=b\n6 a=c\n', [['a', 'c']]],
    ['008 a=b\n', [['a', 'b']]],
  ];
  for (const [text, records] of good) {
    it(`reads ${JSON.stringify(text)}`, () => {
      expect([...paxRecords(Buffer.from(text, 'latin1'))]).to.deep.equal(records);
    });
  }

  const bad = [
    ...[
      '6',
      '6 ',
      ' a=b\n',
      '6 a=b',
      '7 a=b\n',
      '5 a=b\n',
      '6 a b\n',
      '4 =\n',
      '5 =b\n',
      '-6 a=b\n',
    ],
    ...[
      '6x a=b\n',
      '0 a=b\n',
      '6 a=b\n\0',
      '99999999999999999999999 a=b\n',
      '0x6 a=b\n',
      '1e1 a=b123\n',
    ],
  ];
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(damageIn(() => paxRecords(Buffer.from(text, 'latin1')))).to.not.equal(undefined);
    });
  }

  it('reads back whatever is written', () => {
    const word = fc
      .uint8Array({ minLength: 1, maxLength: 200 })
      .map((bytes) => Buffer.from(bytes).toString('latin1'));
    const key = word.filter((text) => !text.includes('='));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, word)), (records) => {
        const text = records.map(([name, value]) => record(name, value)).join('');
        expect(paxRecords(Buffer.from(text, 'latin1'))).to.deep.equal(new Map(records));
      }),
    );
  });

  it('reads or refuses any bytes', () => {
    const piece = fc.constantFrom('6 a=b\n', '5 a=\n', ' ', '=', '\n', '12', '\0', '9 path=x\n');
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string())), (pieces) => {
        damageIn(() => paxRecords(Buffer.from(pieces.join(''), 'latin1')));
      }),
      { numRuns: 500 },
    );
  });
});

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return `${length}${rest}`;
}
