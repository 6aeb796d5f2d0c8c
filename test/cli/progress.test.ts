import { expect } from 'chai';
import {
  isUtf8Locale,
  logLines,
  NO_DISPLAY,
  progressOn,
  taskList,
} from '../../src/cli/progress.ts';
import type { ProgressDisplay } from '../../src/cli/progress.ts';
import type { Progress } from '../../src/domain/progress.ts';
import { FakeScreen } from './fake-screen.ts';

const LAYERS = { total: 4, unit: 'layers' } as const;

describe('cli/progress: the task list', () => {
  let screen: FakeScreen;
  let writes: number;
  let now: number;
  let columns: number;
  let list: ProgressDisplay;
  let progress: Progress;
  let waiting: Progress;

  beforeEach(() => {
    screen = new FakeScreen();
    writes = 0;
    now = 0;
    columns = 60;
    const output = {
      write: (text: string) => {
        writes += 1;
        screen.write(text);
      },
      columns: () => columns,
      now: () => now,
    };
    list = taskList(output, { color: false, utf8: true });
    progress = progressOn(list, true);
    waiting = progressOn(list, false);
  });
  afterEach(() => {
    list.end('done');
  });

  it('keeps a line of each step with its time, and draws the running one in place', () => {
    progress('clone');
    now = 1500;
    progress('clone', { done: 2, ...LAYERS });
    expect(screen.rows()).to.deep.equal(['  ⠴ clone  ██████░░░░░░  2/4  1.5 s']);
    now = 2000;
    progress('publish');
    expect(screen.rows()).to.deep.equal(['  ✓ clone  2.0 s', '  ⠋ publish  0.0 s']);
    now = 2100;
    list.end('done');
    expect(screen.rows()).to.deep.equal(['  ✓ clone  2.0 s', '  ✓ publish  0.1 s']);
  });

  it('marks a step that has failed, and goes on with the next one', () => {
    progress('clone');
    now = 300;
    progress('clone', 'failed');
    progress('remove what was staged');
    list.end('done');
    expect(screen.rows()).to.deep.equal(['  ✗ clone  0.3 s', '  ✓ remove what was staged  0.0 s']);
  });

  it('ends what is running as failed when the run fails, and then shows nothing more', () => {
    progress('clone');
    list.end('failed');
    list.end('failed');
    expect(screen.rows()).to.deep.equal(['  ✗ clone  0.0 s']);
  });

  it('leaves no line of a step before a result', () => {
    screen.write('$ rebase-image\n');
    waiting('read the store');
    waiting('check', { done: 1, total: 2, unit: 'images' });
    expect(screen.rows()).to.have.length(2);
    list.end('done');
    screen.write('the plan\n');
    expect(screen.rows()).to.deep.equal(['$ rebase-image', 'the plan']);
  });

  it('always leaves the cursor on a row of its own: nothing is to be restored', () => {
    const fresh = (): void => {
      expect(screen.isAtFreshRow()).to.equal(true);
    };
    progress('clone');
    fresh();
    now = 500;
    progress('clone', { done: 1, ...LAYERS });
    fresh();
    waiting('look');
    fresh();
    list.end('done');
    fresh();
  });

  it('draws over what somebody has typed meanwhile', () => {
    progress('clone');
    screen.write('^C');
    now = 200;
    progress('clone', { done: 1, ...LAYERS });
    list.end('failed');
    expect(screen.rows()).to.deep.equal(['  ✗ clone  0.2 s']);
  });

  it('draws no more than ten times a second, however much it is told', () => {
    for (let done = 0; done < 1000; done += 1) {
      now = done;
      progress('clone', { done, total: 1000, unit: 'files' });
    }
    expect(writes).to.be.at.most(11);
  });

  it('goes back over all rows of a line that a narrower window has broken', () => {
    progress('clone the files of 30 layers (auto)');
    screen = new FakeScreen();
    // 43 columns of text, as a terminal of 20 columns shows them after it was made narrower.
    screen.write('above\n  ⠋ clone the files \nof 30 layers (auto) \n 0.0 s\n');
    columns = 20;
    now = 200;
    progress('clone the files of 30 layers (auto)', { done: 1, ...LAYERS });
    expect(screen.rows()).to.have.length(2);
    expect(screen.rows()[0]).to.equal('above');
    expect(screen.isAtFreshRow()).to.equal(true);
  });
});

describe('cli/progress: a log', () => {
  let now: number;
  let text: string;
  let progress: Progress;
  let waiting: Progress;

  beforeEach(() => {
    now = 0;
    text = '';
    const display = logLines({
      write: (more) => {
        text += more;
      },
      now: () => now,
    });
    progress = progressOn(display, true);
    waiting = progressOn(display, false);
  });

  it('has one line for a step', () => {
    progress('clone');
    progress('clone', { done: 1, ...LAYERS });
    progress('publish');
    progress('publish', 'failed');
    progress('remove');
    expect(text).to.equal('  clone\n  publish\n  remove\n');
  });

  it('is told every ten seconds how far a long step is', () => {
    progress('clone');
    for (now = 0; now <= 30_000; now += 1000) progress('clone', { done: 1, ...LAYERS });
    expect(text).to.equal(`  clone\n${'  clone: 25 % (1 of 4 layers)\n'.repeat(3)}`);
  });

  it('has nothing of a step before a result, unless it is long', () => {
    waiting('check', { done: 0, ...LAYERS });
    now = 9999;
    waiting('check', { done: 1, ...LAYERS });
    expect(text).to.equal('');
    now = 10_000;
    waiting('check', { done: 2, ...LAYERS });
    expect(text).to.equal('  check: 50 % (2 of 4 layers)\n');
  });

  it('is empty with -q', () => {
    progressOn(NO_DISPLAY, true)('clone');
    NO_DISPLAY.end('failed');
  });
});

describe('cli/progress: the locale', () => {
  it('decides by the first variable that is set', () => {
    expect(isUtf8Locale({ LANG: 'en_US.UTF-8' })).to.equal(true);
    expect(isUtf8Locale({ LC_ALL: 'C.utf8', LANG: 'C' })).to.equal(true);
    expect(isUtf8Locale({ LC_ALL: '', LC_CTYPE: 'C', LANG: 'en_US.UTF-8' })).to.equal(false);
    expect(isUtf8Locale({})).to.equal(false);
  });
});
