import { expect } from 'chai';

import { digits, tableOf, type Row } from '../../scripts/bench/rows.ts';

const exactly = (median: number) => ({ min: median, median, max: median });

const ROWS: readonly Row[] = [
  {
    section: 'First',
    what: 'the whole process',
    ours: { unit: 'ms', spread: exactly(212.4) },
    against: {
      what: 'node -e 0',
      theirs: { unit: 'ms', spread: exactly(70.25) },
      ratio: { min: 2.9, median: 3.02, max: 3.5 },
    },
    target: { text: 'at most +150 ms', met: true },
    note: '+142 ms',
  },
  {
    section: 'Second',
    what: 'memory',
    ours: { unit: 'MB', spread: exactly(139) },
    target: { text: 'at most 100 MB', met: false },
  },
];

describe('bench/rows', () => {
  it('prints one table, with sections, ratios, and what became of each target', () => {
    expect(tableOf(ROWS)).to.equal(
      [
        '                     ours    against    theirs   ratio: min median max  target',
        '',
        'First',
        '  the whole process  212 ms  node -e 0  70.3 ms  2.90  3.02  3.50       ' +
          'at most +150 ms: met; +142 ms',
        '',
        'Second',
        '  memory             139 MB                                             ' +
          'at most 100 MB: missed',
        '',
      ].join('\n'),
    );
  });

  it('shows three digits that count', () => {
    expect([1234.5, 100, 12.345, 1.2345, 0.01234].map(digits)).to.deep.equal([
      ...['1235', '100', '12.3', '1.23', '0.012'],
    ]);
  });
});
