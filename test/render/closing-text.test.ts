import { expect } from 'chai';
import { imageIdOf } from '../../src/domain/digest.ts';
import type { AppliedImage, FailedImage, ImageResult, Outcome } from '../../src/domain/report.ts';
import { RebaseError } from '../../src/errors.ts';
import { appliedDocument } from '../../src/render/outcome-json.ts';
import { renderOutcome } from '../../src/render/outcome-text.ts';
import { exampleReport } from './example-report.ts';

const PLAIN = { color: false };
const [ONE, TWO] = [imageIdOf('one'), imageIdOf('two')];
const [OLD, NEW] = [ONE.slice(7, 19), TWO.slice(7, 19)];
const GONE: FailedImage = {
  reference: 'gone:1',
  error: new RebaseError('IMAGE_NOT_FOUND', 'no image here is called gone:1', {
    hint: 'docker images',
  }),
};

function image(reference: string, applied: Partial<AppliedImage> = {}): ImageResult {
  return {
    reference,
    outcome: 'rebased',
    before: ONE,
    after: TWO,
    tags: [reference],
    reason: undefined,
    applied: { cloned: 2, reused: 0, bytes: 4_413_428, verdict: 'SAFE', ...applied },
  };
}

function outcome(images: readonly ImageResult[], changes: Partial<Outcome> = {}): Outcome {
  return {
    kind: 'rebased',
    changed: true,
    transaction: 7,
    images,
    switches: [],
    pending: undefined,
    notes: [],
    durations: { plan: 300, stage: 2900, publish: 100, restart: 900 },
    ...changes,
  };
}

describe('render/closing-text', () => {
  it('is short for one image: its IDs, what it took, how to undo it', () => {
    const done = outcome([image('my-alpine:3.7')], {
      durations: { plan: 81, stage: 320, publish: 60 },
    });
    expect(renderOutcome(done, PLAIN)).to.equal(
      `my-alpine:3.7   ${OLD} -> ${NEW}
2 layers cloned (4.41 MB)
1 image in 0.5 s: plan 0.1 s, stage 0.3 s, publish 0.1 s
Transaction 7. Undo: rebase-image undo 7
`,
    );
  });

  it('is a table for several, with what was left out and why, and the sums', () => {
    const same: ImageResult = {
      reference: 'on-it:1',
      outcome: 'unchanged',
      before: ONE,
      after: ONE,
      tags: [],
      reason: 'it is on alpine:3.12',
    };
    const done = outcome([
      image('base-app:1', { verdict: 'REVIEW' }),
      image('app:1', { cloned: 1, reused: 2, bytes: 1000 }),
      image('twin:1', { cloned: 0, reused: 3, bytes: 0 }),
      image('config-only:1', { cloned: 0, reused: 0, bytes: 0 }),
      same,
    ]);
    expect(renderOutcome(done, PLAIN, [GONE])).to.equal(
      `IMAGE           OLD ID         NEW ID         CLONED   SIZE      VERDICT
base-app:1      ${OLD}   ${NEW}   2 of 2   4.41 MB   REVIEW
app:1           ${OLD}   ${NEW}   1 of 3   1 kB      SAFE
twin:1          ${OLD}   ${NEW}   0 of 3             SAFE
config-only:1   ${OLD}   ${NEW}   0 of 0             SAFE
on-it:1         ${OLD}                                     unchanged
gone:1                                                           FAILED
Left out: 1 image
  gone:1: no image here is called gone:1
      hint: docker images
3 layers cloned (4.41 MB), 5 reused
4 images in 4.2 s: plan 0.3 s, stage 2.9 s, publish 0.1 s, restart 0.9 s
Transaction 7. Undo: rebase-image undo 7
`,
    );
  });

  it('is cut when it is long, but not its sums, unless all of it is wanted', () => {
    const images = Array.from({ length: 200 }, (_, at) => image(`app-${at}:1`));
    const rows = (text: string): number => text.match(/^app-/gm)?.length ?? 0;
    const text = renderOutcome(outcome(images), PLAIN);
    expect(rows(text)).to.equal(50);
    expect(text).to.contain('and 150 more; all of them: --no-trunc\n400 layers cloned (883 MB)\n');
    expect(rows(renderOutcome(outcome(images), { ...PLAIN, noTrunc: true }))).to.equal(200);
  });

  it('colours verdicts only where colours are wanted', () => {
    const done = outcome([image('a:1'), image('b:1')]);
    expect(renderOutcome(done, PLAIN)).not.to.contain('\x1b');
    expect(renderOutcome(done, { color: true })).to.contain('4.41 MB   \x1b[32mSAFE\x1b[39m\n');
  });

  it('gives the same facts as JSON, and times only in one place', () => {
    const report = exampleReport();
    const done = outcome([image('my-alpine:3.7', { reused: 1 })], {
      durations: { plan: 1, stage: 2 },
    });
    const document = appliedDocument(report, done);
    const [first] = document['images'] as readonly Record<string, unknown>[];
    expect(first).to.deep.include({
      outcome: 'rebased',
      verdict: 'SAFE',
      layers: { cloned: 2, reused: 1 },
      bytes: 4_413_428,
    });
    expect(document['durations']).to.deep.equal({
      plan: 1,
      stage: 2,
      publish: null,
      restart: null,
    });
    const other = appliedDocument(report, { ...done, durations: { plan: 5, restart: 6 } });
    expect({ ...other, durations: null }).to.deep.equal({ ...document, durations: null });
  });
});
