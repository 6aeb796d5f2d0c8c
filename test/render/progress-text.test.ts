import { expect } from 'chai';
import fc from 'fast-check';
import { displayWidth } from '../../src/render/display-width.ts';
import { durationText } from '../../src/render/duration.ts';
import {
  afterNews,
  endedLine,
  logLine,
  logProgressLine,
  runningLine,
  type ListStyle,
  type RunningStep,
} from '../../src/render/progress-text.ts';

const STYLE: ListStyle = { color: false, utf8: true, width: 80 };
const ASCII: ListStyle = { ...STYLE, utf8: false };
const CLONE = 'clone the files of 30 layers (auto)';

function step(done?: RunningStep['done'], what = CLONE): RunningStep {
  return { what, startedAt: 0, done };
}

describe('render/progress-text', () => {
  it('shows what is done, of how much, and since when', () => {
    expect(runningLine(step(), 12_000, STYLE)).to.equal(`  ⠋ ${CLONE}  12 s`);
    expect(runningLine(step({ done: 12, total: 30, unit: 'layers' }), 3100, STYLE)).to.equal(
      `  ⠙ ${CLONE}  ████░░░░░░░░  12/30  3.1 s`,
    );
  });

  it('shows of bytes how fast they go, once that can be told', () => {
    const bytes = step({ done: 340e6, total: 1.2e9, unit: 'bytes' }, 'copy');
    expect(runningLine(bytes, 500, STYLE)).to.contain('  340 MB/1.2 GB  0.5 s');
    expect(runningLine(bytes, 2000, STYLE)).to.contain('  340 MB/1.2 GB  170 MB/s  2.0 s');
  });

  it('is plain ASCII where the locale is', () => {
    const done = step({ done: 1, total: 2, unit: 'images' }, 'check');
    expect(runningLine(done, 100, ASCII)).to.equal('  / check  ######......  1/2  0.1 s');
    expect(endedLine({ ...done, endedAt: 100, how: 'done' }, ASCII)).to.equal('  + check  0.1 s');
    expect(endedLine({ ...done, endedAt: 100, how: 'failed' }, ASCII)).to.equal('  x check  0.1 s');
  });

  it('is coloured only where colours are wanted', () => {
    const ended = { ...step(), endedAt: 0, how: 'done' } as const;
    expect(endedLine(ended, STYLE)).not.to.contain('\x1b');
    expect(endedLine(ended, { ...STYLE, color: true })).to.contain('\x1b[32m✓');
  });

  it('never fills the last column of the terminal, whatever the words are', () => {
    const done = fc.record({
      done: fc.nat(),
      total: fc.nat(),
      unit: fc.constantFrom('layers', 'bytes', 'images'),
    });
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 120 }),
        fc.option(done, { nil: undefined }),
        fc.integer({ min: 8, max: 200 }),
        fc.integer({ min: 0, max: 1e7 }),
        (what, numbers, width, at) => {
          const running = step(numbers, what);
          const style = { ...STYLE, width };
          const lines = [
            runningLine(running, at, style),
            endedLine({ ...running, endedAt: at, how: 'failed' }, style),
          ];
          for (const line of lines) {
            expect(displayWidth(line)).to.be.below(width);
            expect(line).not.to.match(/[\n\r\x1b]/);
          }
        },
      ),
    );
  });

  it('gives up the bar, then the numbers, before the words', () => {
    const running = step({ done: 12, total: 30, unit: 'layers' });
    const at = (width: number): string => runningLine(running, 3100, { ...STYLE, width });
    expect(at(49)).to.equal('  ⠙ clone the fil...  ████░░░░░░░░  12/30  3.1 s');
    expect(at(40)).to.equal('  ⠙ clone the files of...  12/30  3.1 s');
    expect(at(28)).to.equal('  ⠙ clone the fil...  3.1 s');
    expect(at(20)).to.equal('  ⠙ clone the fi...');
  });

  it('tells a log how far a step is', () => {
    expect(logLine(step())).to.equal(`  ${CLONE}`);
    const done = { done: 1, total: 3, unit: 'layers' } as const;
    expect(logProgressLine(step(done), done)).to.equal(`  ${CLONE}: 33 % (1 of 3 layers)`);
    const bytes = { done: 1e6, total: 4e6, unit: 'bytes' } as const;
    expect(logProgressLine(step(bytes, 'copy'), bytes)).to.equal('  copy: 25 % (1 MB of 4 MB)');
    const none = { done: 0, total: 0, unit: 'files' } as const;
    expect(logProgressLine(step(none, 'copy'), none)).to.equal('  copy: 100 % (0 of 0 files)');
  });

  it('ends a step by other words or a failure, and by nothing else', () => {
    const first = afterNews(undefined, { what: 'a', at: 1 });
    expect(first).to.deep.equal({
      ended: undefined,
      running: { what: 'a', startedAt: 1, done: undefined },
    });
    const done = { done: 1, total: 2, unit: 'files' } as const;
    const moved = afterNews(first.running, { what: 'a', done, at: 2 });
    expect(moved).to.deep.equal({ ended: undefined, running: { what: 'a', startedAt: 1, done } });
    expect(afterNews(moved.running, { what: 'a', at: 3 }).running?.done).to.equal(done);
    expect(afterNews(moved.running, { what: 'b', at: 4 })).to.deep.equal({
      ended: { what: 'a', startedAt: 1, done, endedAt: 4, how: 'done' },
      running: { what: 'b', startedAt: 4, done: undefined },
    });
    expect(afterNews(moved.running, { what: 'a', done: 'failed', at: 5 })).to.deep.equal({
      ended: { what: 'a', startedAt: 1, done, endedAt: 5, how: 'failed' },
      running: undefined,
    });
  });

  it('tells times so that they can be compared', () => {
    const times = [0, 40, 949, 1000, 9940, 9960, 59_400, 59_600, 65_000, 3_600_000];
    expect(times.map(durationText)).to.deep.equal([
      ...['0.0 s', '0.0 s', '0.9 s', '1.0 s', '9.9 s', '10 s', '59 s', '1 min 0 s', '1 min 5 s'],
      '60 min 0 s',
    ]);
  });
});
