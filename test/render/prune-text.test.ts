/** What a prune says, before and after. */
import { expect } from 'chai';

import { imageIdOf } from '../../src/domain/digest.ts';
import type { PruneReport } from '../../src/domain/prune.ts';
import type { TransactionView } from '../../src/domain/report.ts';
import { journalFatesDocument, renderJournalFates } from '../../src/render/journal-fates-text.ts';
import { pruneDocument, prunedDocument } from '../../src/render/prune-json.ts';
import { prunes, renderPrune, renderPruned } from '../../src/render/prune-text.ts';
import { asPublished, publishedText } from '../support/output-schema.ts';

const PLAIN = { color: false };
const [ONE, TWO] = [imageIdOf('one'), imageIdOf('two')];
const [ONE_ID, TWO_ID] = [ONE.slice(7, 19), TWO.slice(7, 19)];
const OLD = { imageId: ONE, was: 'app:1', tags: ['app:1-before'], digests: [] };
const KEPT = { imageId: TWO, was: 'web:1', reasons: ['the tag mine:1 names it'] };
const EVIL = '\u001b[2J\u202e';

const REPORT: PruneReport = {
  storeRoot: '/var/lib/docker',
  daemon: { running: true, version: '20.10.24', livingOn: [] },
  plan: { images: [OLD], parents: [TWO], layers: [], kept: [KEPT], endsUndo: [3, 4] },
  blocked: undefined,
  leftovers: [],
  freed: { bytes: 1234, inodes: 5 },
};

const TRANSACTION: TransactionView = {
  transaction: 7,
  state: 'staged',
  startedAt: '2026-01-01T23:58:00Z',
  command: 'rebase-image app:1 --onto base:2',
  images: [],
  switches: [],
};

describe('render/prune-text', () => {
  it('shows what goes, what stays and why, what it frees and what it ends', () => {
    expect(renderPrune(REPORT, PLAIN).split('\n')).to.deep.equal([
      'Prune',
      `  ${ONE_ID}, once app:1 and its app:1-before`,
      `  stays: ${TWO_ID}, once web:1: the tag mine:1 names it`,
      'Frees 1.23 kB, 5 inodes of 2 images and 0 layers.',
      'Can no longer be undone: transaction 3, 4',
      '',
    ]);
  });

  it('says why no image can go, and promises nothing then', () => {
    const blocked = { ...REPORT, blocked: 'dockerd does not run: start it' };
    expect(prunes(blocked)).to.equal(false);
    const text = renderPrune(blocked, PLAIN);
    expect(text).to.contain('no image can go: dockerd does not run: start it');
    expect(text).to.not.match(/Frees|undone/);
    const staged = { ...blocked, leftovers: [TRANSACTION] };
    expect(prunes(staged)).to.equal(true);
    expect(renderPrune(staged, PLAIN)).to.match(/transaction 7, not published: .*app:1.*Frees/s);
  });

  it('says when there is nothing', () => {
    const plan = { images: [], parents: [], layers: [], kept: [], endsUndo: [] };
    expect(renderPrune({ ...REPORT, plan }, PLAIN)).to.equal('Nothing to prune.\n');
    const nothing = { changed: false, discarded: [], released: [], kept: [] };
    expect(renderPruned(nothing, PLAIN)).to.equal('');
  });

  it('says what was done', () => {
    const outcome = { changed: true, discarded: [7], released: [OLD], kept: [KEPT] };
    const text = renderPruned(outcome, PLAIN);
    expect(text).to.match(/^Transaction 7 is thrown away\.$/m);
    expect(text).to.match(new RegExp(`removed ${ONE_ID}, once app:1`));
    expect(text).to.match(/stays: .*mine:1/);
    expect(asPublished(prunedDocument(REPORT, outcome))).to.deep.include({
      changed: true,
      discarded: [7],
    });
    expect(asPublished(pruneDocument(REPORT))).to.deep.include({
      changed: false,
      endsUndo: [3, 4],
    });
  });

  it('lists many images short, and all with --no-trunc', () => {
    const images = Array.from({ length: 100 }, (_, i) => ({ ...OLD, was: `app:${String(i)}.` }));
    const many = { ...REPORT, plan: { ...REPORT.plan, images } };
    expect(renderPrune(many, PLAIN)).to.contain('and 80 more').and.not.contain('app:99.');
    expect(renderPrune(many, { ...PLAIN, noTrunc: true })).to.contain('app:99.');
  });

  it('prints nothing that a terminal obeys', () => {
    const image = { ...OLD, was: EVIL, tags: [EVIL] };
    const kept = { ...KEPT, was: EVIL, reasons: [EVIL] };
    const report = {
      ...REPORT,
      plan: { ...REPORT.plan, images: [image], kept: [kept] },
      blocked: EVIL,
      leftovers: [{ ...TRANSACTION, command: EVIL }],
    };
    const outcome = { changed: true, discarded: [1], released: [image], kept: [kept] };
    const fates = [{ view: { ...TRANSACTION, command: EVIL }, kept: undefined }];
    for (const text of [
      renderPrune(report, PLAIN),
      renderPruned(outcome, PLAIN),
      publishedText(prunedDocument(report, outcome)),
      renderJournalFates(fates, { ...PLAIN, now: new Date(0) }),
      publishedText(journalFatesDocument(fates, true)),
    ]) {
      expect(text).to.not.match(/[\u001b\u202e]/);
    }
  });
});
