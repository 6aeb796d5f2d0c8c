import { expect } from 'chai';
import fc from 'fast-check';

import { tarMembers, type TarMember } from '../../src/store/tar-members.ts';
import { tarSplitEntries } from '../../src/store/tar-split.ts';
import { crc64 } from '../support/store/crc64.ts';
import { tarSplitOf, type Member } from '../support/store/hand-made-tar.ts';
import { headerBytes, paddingOf, type TarHeader } from '../support/store/tar-header.ts';
import { damageIn } from './damage.ts';

const PLAIN = { mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;

describe('store/tar-members', () => {
  it('reads members with and without content', () => {
    const members = membersOf([
      { name: 'd/', type: '5', mode: 0o755 },
      { name: 'd/a', content: 'x'.repeat(512) },
      { name: 'd/b', content: 'y', uid: 5 },
      { name: 'd/c', type: '2', linkName: 'b' },
    ]);
    expect(members.map(({ name, type, size }) => [name, type, size])).to.deep.equal([
      ['d/', '5', 0],
      ['d/a', '0', 512],
      ['d/b', '0', 1],
      ['d/c', '2', 0],
    ]);
    expect(members.map(({ crc }) => crc)).to.deep.equal([
      undefined,
      crc64(Buffer.alloc(512, 'x')),
      crc64(Buffer.from('y')),
      undefined,
    ]);
    expect(members[2]!.uid).to.equal(5);
  });

  it('has no members in an empty archive', () => {
    expect(membersOf([])).to.deep.equal([]);
  });

  it('reads long names, links and attributes of PAX headers', () => {
    const name = `${'n'.repeat(150)}\xff`;
    const xattrs = new Map([['user.\xe9', Buffer.from('\0=\n\xff', 'latin1')]]);
    const [member] = membersOf([{ name, type: '2', linkName: 't'.repeat(300), xattrs }]);
    expect(member).to.include({ name, linkName: 't'.repeat(300) });
    expect(member!.xattrs).to.deep.equal(new Map([['user.\xe9', '\0=\n\xff']]));
  });

  const pax: [string, string, Partial<TarMember>][] = [
    ['numbers', '15 uid=4000000\n13 gid=70000\n', { uid: 4000000, gid: 70000 }],
    ['an empty value, which changes nothing', '8 path=\n', { name: 'short' }],
    ['the last of two values', '10 path=a\n10 path=b\n', { name: 'b' }],
    ['unknown keys', '11 mtime=1\n11 foo=bar\n', { name: 'short' }],
  ];
  for (const [what, records, expected] of pax) {
    it(`takes from a PAX header ${what}`, () => {
      const [member] = membersOf([
        raw('short', [extension('x', records), header({ name: 'short' })]),
      ]);
      expect(member).to.include(expected);
    });
  }

  it('reads the long names and links of GNU tar, which win over PAX', () => {
    const [name, target] = ['g'.repeat(600), 'k'.repeat(513)];
    const [member] = membersOf([
      raw(name, [
        extension('L', `${name}\0`),
        extension('K', `${target}\0`),
        extension('x', '10 path=p\n'),
        header({ name: 'g'.repeat(100), type: '2', linkName: 'k'.repeat(100) }),
      ]),
    ]);
    expect(member).to.include({ name, linkName: target, type: '2' });
  });

  it('does not apply global PAX headers, as dockerd does not', () => {
    const before = raw('global', [extension('g', '10 path=p\n')]);
    const inside = raw('a', [extension('g', '10 path=q\n'), header({ name: 'a' })]);
    const members = membersOf([before, inside, { name: 'b', content: 'x' }]);
    expect(members.map(({ name }) => name)).to.deep.equal(['a', 'b']);
  });

  it('reads the types of old V7 headers from their names', () => {
    const old = (name: string): Buffer => retyped(header({ name }), '\0');
    const members = membersOf([raw('f', [old('f')]), raw('d/', [old('d/')])]);
    expect(members.map(({ type }) => type)).to.deep.equal(['0', '5']);
  });

  it('has no content in members that are links, whatever their size says', () => {
    const members = membersOf([{ name: 'l', type: '1', linkName: 'a', size: 77 }, { name: 'b' }]);
    expect(members.map(({ name, size }) => [name, size])).to.deep.equal([
      ['l', 0],
      ['b', 0],
    ]);
  });

  const bad: [string, readonly (Member & { readonly raw?: Buffer })[]][] = [
    ['no header', [raw('a', [])]],
    ['half a header', [raw('a', [header({ name: 'a' }).subarray(0, 300)])]],
    ['two headers', [raw('a', [header({ name: 'a' }), header({ name: 'b' })])]],
    ['a zero block', [raw('a', [Buffer.alloc(512), header({ name: 'a' })])]],
    ['only a PAX header', [raw('a', [extension('x', '6 a=b\n')])]],
    ['a PAX header cut short', [raw('a', [extension('x', '9 a=b\n'), header({ name: 'a' })])]],
    [
      'a PAX number that is none',
      [raw('a', [extension('x', '9 uid=1x\n'), header({ name: 'a' })])],
    ],
    [
      'an owner out of range',
      [raw('a', [extension('x', '18 uid=5000000000\n'), header({ name: 'a' })])],
    ],
    ['another size than its content', [raw('a', [header({ name: 'a', size: 5 })])]],
    ['old sparse content', [raw('a', [retyped(header({ name: 'a' }), 'S')])]],
    [
      'PAX sparse content',
      [raw('a', [extension('x', '22 GNU.sparse.major=1\n'), header({ name: 'a' })])],
    ],
  ];
  for (const [what, members] of bad) {
    it(`refuses ${what}`, () => {
      expect(damageIn(() => membersOf(members))).to.not.equal(undefined);
    });
  }

  it('refuses a tar-split file that is cut after any line', () => {
    const lines = tarSplitOf([{ name: 'a', content: 'abc' }, { name: 'b' }]).split('\n');
    for (let count = 0; count < lines.length - 1; count += 1) {
      const text = Buffer.from(lines.slice(0, count).join('\n'));
      expect(
        damageIn(() => [...tarMembers(tarSplitEntries(text))]),
        `${count}`,
      ).to.be.an('error');
    }
  });

  it('reads or refuses a tar-split file with any byte changed', () => {
    const text = Buffer.from(
      tarSplitOf([
        { name: 'd/', type: '5' },
        { name: `d/${'l'.repeat(120)}`, content: 'abc' },
        { name: 'h', type: '1', linkName: 'd/x' },
        { name: 'c', type: '3', major: 1, minor: 2 },
      ]),
    );
    const change = fc.tuple(fc.nat(text.length - 1), fc.nat(255));
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.nat(text.length),
        (changes, cut) => {
          const other = Buffer.from(text);
          for (const [at, byte] of changes) other[at] = byte;
          damageIn(() => [...tarMembers(tarSplitEntries(other))]);
          damageIn(() => [...tarMembers(tarSplitEntries(other.subarray(0, cut)))]);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('reads or refuses any raw bytes', () => {
    const block = fc.constantFrom(
      header({ name: 'a' }),
      header({ name: 'a', size: 3 }),
      extension('x', '10 path=a\n'),
      extension('L', 'name\0'),
      extension('g', '6 a=b\n'),
      Buffer.alloc(512),
    );
    const bytes = fc.oneof(
      block,
      fc.uint8Array({ maxLength: 600 }).map((some) => Buffer.from(some)),
    );
    const entry = fc.oneof(
      bytes.map((some) => ({ kind: 'raw', bytes: some }) as const),
      fc.nat(1000).map((size) => ({ kind: 'file', name: 'a', size, crc: undefined }) as const),
    );
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        damageIn(() => [...tarMembers(entries)]);
      }),
      { numRuns: 500 },
    );
  });
});

function membersOf(members: readonly (Member & { readonly raw?: Buffer })[]): TarMember[] {
  return [...tarMembers(tarSplitEntries(Buffer.from(tarSplitOf(members))))];
}

/** A member without content whose headers are exactly these bytes. */
function raw(name: string, blocks: readonly Buffer[]): Member & { readonly raw: Buffer } {
  return { name, raw: Buffer.concat(blocks) };
}

function header(fields: Partial<TarHeader> & { readonly name: string }): Buffer {
  return headerBytes({ ...PLAIN, type: '0', ...fields, name: fields.name.slice(0, 100) });
}

/** A header of an extension with its body. */
function extension(type: string, body: string): Buffer {
  const bytes = Buffer.from(body, 'latin1');
  const own = retyped(header({ name: 'extension', size: bytes.length }), type);
  return Buffer.concat([own, bytes, paddingOf(bytes.length)]);
}

function retyped(block: Buffer, type: string): Buffer {
  const sum = Number.parseInt(block.toString('latin1', 148, 154), 8);
  const other = sum - (block[156] ?? 0) + type.charCodeAt(0);
  block.write(type, 156, 'latin1');
  block.write(`${other.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
