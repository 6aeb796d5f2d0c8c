import { expect } from 'chai';
import { newStopwatch } from '../../src/api/stopwatch.ts';

describe('api/stopwatch', () => {
  it('counts for each phase its own time, and none between them', async () => {
    let now = 0;
    const { measure, durations } = newStopwatch(() => now);
    now += 1000;
    await measure('restart', async () => {
      now += 10.4;
      const result = await measure('publish', () => {
        now += 5;
        return 'written';
      });
      expect(result).to.equal('written');
      now += 20;
    });
    now += 1000;
    await measure('publish', () => {
      now += 1;
    });
    expect(durations()).to.deep.equal({ restart: 30, publish: 6 });
  });

  it('goes back to the outer phase when the inner one fails', async () => {
    let now = 0;
    const { measure, durations } = newStopwatch(() => now);
    await measure('restart', async () => {
      const failure = await measure('publish', () => {
        now += 1;
        throw new Error('no');
      }).catch((error: unknown) => error);
      expect(failure).to.be.an('error');
      now += 2;
    });
    expect(durations()).to.deep.equal({ publish: 1, restart: 2 });
  });
});
