import { expect } from 'chai';
import { imageIdOf } from '../../src/domain/digest.ts';
import type {
  BaseReport,
  Outcome,
  StatusReport,
  TransactionView,
} from '../../src/domain/report.ts';
import { RebaseError } from '../../src/errors.ts';
import { renderBase } from '../../src/render/base-text.ts';
import { renderError } from '../../src/render/error-text.ts';
import { renderHistory } from '../../src/render/history-text.ts';
import { renderOutcome } from '../../src/render/outcome-text.ts';
import { renderStatus } from '../../src/render/status-text.ts';
import { exampleContainer } from './example-report.ts';

const PLAIN = { color: false };
const NOW = new Date('2026-01-02T00:00:00Z');
const [ONE, TWO] = [imageIdOf('one'), imageIdOf('two')];
const [ONE_ID, TWO_ID] = [ONE.slice(7, 19), TWO.slice(7, 19)];

const TRANSACTION: TransactionView = {
  transaction: 12,
  state: 'published',
  startedAt: '2026-01-01T23:58:00Z',
  command: 'rebase-image my-alpine:3.7 --onto alpine:3.12',
  images: [{ tag: 'my-alpine:3.7', before: ONE, after: TWO, newBase: 'alpine:3.12' }],
  switches: [],
};

const OUTCOME: Outcome = {
  kind: 'rebased',
  changed: true,
  transaction: 12,
  images: [
    {
      reference: 'my-alpine:3.7',
      outcome: 'rebased',
      before: ONE,
      after: TWO,
      tags: ['my-alpine:3.7'],
      reason: undefined,
    },
    {
      reference: 'web:1',
      outcome: 'unchanged',
      before: ONE,
      after: ONE,
      tags: [],
      reason: 'already on alpine:3.12',
    },
  ],
  switches: [],
  pending: undefined,
  notes: [],
};

describe('render/error-text', () => {
  it('prints message and hint on a line each', () => {
    const error = new RebaseError('USAGE', 'a\nb\x1b[31m', { hint: 'try\nthis' });
    expect(renderError(error, { color: false, debug: false })).to.equal(
      'rebase-image: a b\\x1b[31m\n  hint: try this\n',
    );
    expect(renderError(new RebaseError('USAGE', 'm'), { color: false, debug: false })).to.equal(
      'rebase-image: m\n',
    );
  });

  it('prints the stack and the causes only with debug', () => {
    const error = new RebaseError('APPLY_FAILED', 'm', { cause: new Error('ENOSPC\x07') });
    const text = renderError(error, { color: false, debug: true });
    expect(text).to.match(
      /^rebase-image: m\n {2}RebaseError: m\n(?: {2,}at .*\n)+ {2}caused by:\n/,
    );
    expect(text).to.include('  Error: ENOSPC\\x07\n');
  });

  it('calls an unknown error a bug of ours and shows its stack', () => {
    const text = renderError(new TypeError('x'), { color: false, debug: false });
    expect(text).to.match(/^rebase-image: x\n {2}hint: this is a bug in rebase-image;.*\n {2}Type/);
    expect(renderError('thrown', { color: false, debug: false })).to.match(
      /^rebase-image: thrown\n {2}hint: this is a bug/,
    );
  });

  it('colours when asked to', () => {
    expect(renderError(new RebaseError('USAGE', 'm'), { color: true, debug: false })).to.equal(
      '\x1b[31mrebase-image:\x1b[39m m\n',
    );
  });
});

describe('render/base-text', () => {
  const base: BaseReport = {
    reference: 'my-alpine:3.7',
    imageId: ONE,
    layers: 3,
    detected: {
      name: 'alpine:3.7',
      layers: 1,
      imageId: TWO,
      evidence: 'its layer is how the image begins',
    },
    undecided: undefined,
    candidates: [
      { name: 'alpine:3.7', imageId: TWO, layers: 1, tags: ['alpine:3.7'], historyMatches: true },
    ],
    proposals: [],
    labels: new Map([['org.opencontainers.image.base.name', 'docker.io/alpine:3.7']]),
  };

  it('shows the detected base, the candidates and the labels', () => {
    expect(renderBase(base, PLAIN).split('\n')).to.deep.equal([
      `my-alpine:3.7: ${ONE_ID}, 3 layers`,
      '',
      'Base: alpine:3.7 (1 layer)',
      '      its layer is how the image begins',
      '',
      'CANDIDATE    IMAGE ID       LAYERS   HISTORY',
      `alpine:3.7   ${TWO_ID}   1        matches`,
      'To name it yourself: --from alpine:3.7',
      '',
      'Labels (hints, no proof):',
      '  org.opencontainers.image.base.name=docker.io/alpine:3.7',
      '',
    ]);
  });

  it('proposes seams when the base is gone, with a --from to copy', () => {
    const gone: BaseReport = {
      ...base,
      detected: undefined,
      undecided: 'no local image is its base',
      candidates: [],
      labels: new Map(),
      proposals: [{ layers: 1, topDiffId: TWO, evidence: ['4 other images share this layer'] }],
    };
    expect(renderBase(gone, PLAIN).split('\n').slice(2)).to.deep.equal([
      'Base: not decided: no local image is its base',
      '',
      'Perhaps the base is the lowest 1 layer:',
      '    4 other images share this layer',
      `  --from ${TWO}`,
      '',
    ]);
  });
});

describe('render/history-text', () => {
  it('prints a table in docker style', () => {
    expect(renderHistory([TRANSACTION], { ...PLAIN, now: NOW })).to.equal(
      'TX   WHEN            COMMAND                            IMAGES   STATE\n' +
        '12   2 minutes ago   my-alpine:3.7 --onto alpine:3.12   1        published\n' +
        `     my-alpine:3.7   ${ONE_ID} -> ${TWO_ID} onto alpine:3.12\n`,
    );
    expect(renderHistory([], { ...PLAIN, now: NOW })).to.equal('No transactions.\n');
  });
});

describe('render/status-text', () => {
  const quiet: StatusReport = {
    storeRoot: '/var/lib/docker',
    daemon: { running: true, version: '20.10.24', livingOn: [] },
    open: [],
    stopped: undefined,
    pendingRestart: [],
    overwritten: [],
    broken: [],
    movedAway: [],
    onOldImages: [],
  };

  it('says that nothing is pending', () => {
    expect(renderStatus(quiet, { ...PLAIN, now: NOW })).to.equal(
      'Host: overlay2 in /var/lib/docker, dockerd 20.10.24 running\n\nNothing is pending.\n',
    );
  });

  it('shows what is open, waits for a restart, was moved, and runs on old images', () => {
    const text = renderStatus(
      {
        ...quiet,
        open: [{ ...TRANSACTION, state: 'staged' }],
        pendingRestart: TRANSACTION.images.map((image) => ({ ...image, transaction: 12 })),
        overwritten: [],
        broken: [],
        movedAway: [{ tag: 'web:1', expected: ONE, now: undefined }],
        onOldImages: [{ container: exampleContainer('/c1'), tag: 'my-alpine:3.7', after: TWO }],
      },
      { ...PLAIN, now: NOW },
    );
    expect(text.split('\n').slice(2)).to.deep.equal([
      '1 transaction unfinished',
      'TX   WHEN            COMMAND                            IMAGES   STATE',
      '12   2 minutes ago   my-alpine:3.7 --onto alpine:3.12   1        staged',
      'Publish: rebase-image resume [--restart]   Throw away: rebase-image abort',
      '',
      '1 image for which dockerd has to be restarted',
      'TAG             LOADED         AFTER RESTART   NEW BASE',
      `my-alpine:3.7   ${ONE_ID}   ${TWO_ID}    alpine:3.12`,
      'Restart dockerd (systemctl restart docker), or: rebase-image resume --restart',
      '',
      '1 tag moved since by something else',
      'TAG     REBASED TO     NOW',
      `web:1   ${ONE_ID}   (gone)`,
      '',
      '1 container is still on an old image; create it anew to take the new one',
      '  NAME   CONTAINER ID   STATUS    IMAGE',
      `  c1     ${exampleContainer('/c1').id.slice(0, 12)}   running   my-alpine:3.7`,
      '',
    ]);
  });

  it('says what an interrupted run has left down', () => {
    const down = (dockerd: boolean, ...containers: string[]): string =>
      renderStatus(
        { ...quiet, open: [TRANSACTION], stopped: { dockerd, containers } },
        { ...PLAIN, now: NOW },
      );
    expect(down(true)).to.contain('Stopped by it, and started by resume or abort: dockerd\n');
    expect(down(true, 'c1')).to.contain('abort: dockerd, container c1\n');
    expect(down(false, 'c1', 'c2')).to.contain('abort: containers c1, c2\n');
  });

  it('says what can be done with what is open', () => {
    const next = (state: TransactionView['state']): string | undefined =>
      renderStatus({ ...quiet, open: [{ ...TRANSACTION, state }] }, { ...PLAIN, now: NOW })
        .trimEnd()
        .split('\n')
        .at(-1);
    expect(next('staging')).to.equal('Throw away what there is: rebase-image abort');
    for (const state of ['publishing', 'undoing'] as const) {
      expect(next(state)).to.equal('Finish: rebase-image resume   Take back: rebase-image abort');
    }
  });
});

describe('render/outcome-text', () => {
  it('shows each image and how to undo', () => {
    expect(renderOutcome(OUTCOME, PLAIN)).to.equal(
      `my-alpine:3.7   ${ONE_ID} -> ${TWO_ID}\n` +
        'web:1   unchanged: already on alpine:3.12\n' +
        'Transaction 12. Undo: rebase-image undo 12\n',
    );
  });

  it('offers no undo of an undo', () => {
    const text = renderOutcome({ ...OUTCOME, kind: 'undone', images: [] }, PLAIN);
    expect(text).to.equal('Transaction 12 is undone.\n');
  });

  it('says what is still to do', () => {
    expect(renderOutcome({ ...OUTCOME, pending: 'restart', notes: ['n\x07'] }, PLAIN)).to.match(
      /\nnote: n\\x07\nTransaction 12\. .*\ndockerd takes it at its next start \(systemctl restart docker\)\. Until then[\s\S]*keep/,
    );
    expect(renderOutcome({ ...OUTCOME, pending: 'publish' }, PLAIN)).to.match(
      / {3}staged\n.*\nTransaction 12 is staged\. .*\nPublish: rebase-image resume \[--restart\]\n$/,
    );
    const nothing = { ...OUTCOME, changed: false, transaction: undefined, images: [] };
    expect(renderOutcome(nothing, PLAIN)).to.equal('Nothing to do.\n');
  });
});
