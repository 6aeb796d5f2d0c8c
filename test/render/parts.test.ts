import { expect } from 'chai';
import fc from 'fast-check';
import { listDiff } from '../../src/render/config-diff.ts';
import { cutEnd, cutMiddle, displayWidth, pieces } from '../../src/render/display-width.ts';
import { humanSize } from '../../src/render/human-size.ts';
import { instructionOf } from '../../src/render/instruction.ts';
import { pageOf, wrap } from '../../src/render/page.ts';
import { oneLine, printable } from '../../src/render/printable.ts';
import { table } from '../../src/render/table.ts';
import { timeAgo } from '../../src/render/time-ago.ts';

const PAGE = pageOf({ color: false });

describe('render/printable', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['plain ünïcode 漢字', 'plain ünïcode 漢字'],
    ['\x1b[2J\x07\x7f', '\\x1b[2J\\x07\\x7f'],
    ['\u009b31m', '\\x9b31m'],
    ['a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
    ['\u200b\ufeff\u00ad', '\\u{200b}\\u{feff}\\xad'],
    ['a\n\t\u2028', 'a\\x0a\\x09\\u{2028}'],
    ['\ud800x', '\\u{d800}x'],
    ['\u{e0041}', '\\u{e0041}'],
  ];
  for (const [given, wanted] of cases) {
    it(`shows ${JSON.stringify(wanted)}`, () => {
      expect(printable(given)).to.equal(wanted);
    });
  }

  it('folds lines into one', () => {
    expect(oneLine(' a\r\n\tb  c\x1b ')).to.equal('a b c\\x1b');
  });
});

describe('render/display-width', () => {
  it('counts columns', () => {
    expect(displayWidth('abc')).to.equal(3);
    expect(displayWidth('漢字')).to.equal(4);
    expect(displayWidth('e\u0301')).to.equal(1);
    expect(displayWidth('😀')).to.equal(2);
  });

  it('cuts the end or the middle', () => {
    expect(cutEnd('abcdefghij', 8)).to.equal('abcde...');
    expect(cutMiddle('registry.local/team/app:1.2', 15)).to.equal('regi.../app:1.2');
    expect(cutEnd('short', 8)).to.equal('short');
  });

  it('never exceeds the width, and pieces lose nothing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 8, max: 40 }),
        (raw, width) => {
          const text = printable(raw);
          expect(displayWidth(cutEnd(text, width))).to.be.at.most(width);
          expect(displayWidth(cutMiddle(text, width))).to.be.at.most(width);
          const parts = pieces(text, width);
          expect(parts.join('')).to.equal(text);
          for (const part of parts) expect(displayWidth(part)).to.be.at.most(width);
        },
      ),
    );
  });
});

describe('render/page', () => {
  it('wraps at spaces, breaks only what is too long', () => {
    expect(wrap(PAGE, `${'a'.repeat(70)} bbbb cc`, 3)).to.deep.equal([
      `   ${'a'.repeat(70)} bbbb`,
      '   cc',
    ]);
    expect(wrap(PAGE, 'x'.repeat(90), 0)).to.deep.equal(['x'.repeat(80), 'x'.repeat(10)]);
    expect(wrap(pageOf({ color: false, noTrunc: true }), 'x'.repeat(90), 0)).to.have.length(1);
  });

  it('is at least 80 columns wide', () => {
    expect(pageOf({ color: false, width: 20 }).width).to.equal(80);
    expect(pageOf({ color: false, width: 132 }).width).to.equal(132);
  });
});

describe('render/table', () => {
  const columns = [{ head: 'NAME', cut: 'middle' as const }, { head: 'ID' }];

  it('pads by display width, with three spaces and no trailing ones', () => {
    expect(
      table(PAGE, columns, {
        rows: [
          ['漢字', '1'],
          ['a\x07', '22'],
        ],
        indent: 2,
      }),
    ).to.deep.equal(['  NAME    ID', '  漢字    1', '  a\\x07   22']);
  });

  it('cuts what may be cut until it fits', () => {
    const rows = [['n'.repeat(10_000), '123456789012']];
    const [, row = ''] = table(PAGE, columns, { rows });
    expect(row).to.have.length(80);
    expect(row.endsWith('n   123456789012')).to.equal(true);
  });

  it('cuts the wider of two columns first, then both', () => {
    const two = [
      { head: 'A', cut: 'end' as const },
      { head: 'B', cut: 'end' as const },
    ];
    const [, uneven = ''] = table(PAGE, two, { rows: [['a'.repeat(200), 'short']] });
    expect(uneven).to.match(/^a{69}\.\.\. {3}short$/);
    const [, even = ''] = table(PAGE, two, { rows: [['a'.repeat(200), 'b'.repeat(300)]] });
    expect(even).to.match(/^a{35,36}\.\.\. {3}b{35,36}\.\.\.$/);
    expect(even).to.have.length(80);
  });
});

describe('render/human-size', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [123_456, '123 kB'],
    [999_499, '999 kB'],
    [999_999, '1 MB'],
    [4_413_428, '4.41 MB'],
    [72_000_000_000, '72 GB'],
  ];
  for (const [bytes, text] of cases) {
    it(`prints ${bytes} as ${text}`, () => {
      expect(humanSize(bytes)).to.equal(text);
    });
  }
});

describe('render/instruction', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/bin/sh -c #(nop) ADD file:aa in / ', 'ADD file:aa in /'],
    ['/bin/sh -c #(nop)  CMD ["sh"]', 'CMD ["sh"]'],
    ['/bin/sh -c apk add \\\n\t curl', 'RUN apk add \\ curl'],
    ['RUN /bin/sh -c make # buildkit', 'RUN make'],
    ['COPY app /app # buildkit', 'COPY app /app'],
    ['|1 A=b /bin/sh -c make', '|1 A=b /bin/sh -c make'],
    ['bash', 'bash'],
    ['', 'a comment'],
    ['\x1b[2J', '\\x1b[2J'],
  ];
  for (const [createdBy, wanted] of cases) {
    it(`shows ${JSON.stringify(createdBy)} as ${JSON.stringify(wanted)}`, () => {
      const entry = { createdBy, comment: 'a comment', author: '', created: '', emptyLayer: false };
      expect(instructionOf(entry)).to.equal(wanted);
    });
  }

  it('says when nothing is recorded', () => {
    const entry = { createdBy: '', comment: '', author: '', created: '', emptyLayer: false };
    expect(instructionOf(entry)).to.equal('(not recorded)');
  });
});

describe('render/time-ago', () => {
  const now = new Date('2026-01-02T00:00:00Z');
  const cases: readonly (readonly [string, string])[] = [
    ['2026-01-02T00:00:00Z', '0 seconds ago'],
    ['2026-01-01T23:59:59Z', '1 second ago'],
    ['2026-01-01T23:58:00Z', '2 minutes ago'],
    ['2025-12-31T00:00:00Z', '2 days ago'],
    ['2024-12-31T00:00:00Z', '1 year ago'],
    ['2027-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['nonsense', 'nonsense'],
  ];
  for (const [iso, text] of cases) {
    it(`prints ${iso} as ${text}`, () => {
      expect(timeAgo(iso, now)).to.equal(text);
    });
  }
});

describe('render/config-diff', () => {
  it('gives back both lists', () => {
    const list = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 8 });
    fc.assert(
      fc.property(list, list, (before, after) => {
        const changes = listDiff(before, after, (a, b) => a === b);
        const side = (mark: '-' | '+') =>
          changes.filter((one) => one.mark === ' ' || one.mark === mark).map(({ item }) => item);
        expect(side('-')).to.deep.equal(before);
        expect(side('+')).to.deep.equal(after);
      }),
    );
  });
});
