import { expect } from 'chai';

import { imageIdOf } from '../../src/domain/digest.ts';
import type { Dependent } from '../../src/domain/dependents.ts';
import type { BaseReport } from '../../src/domain/report.ts';
import type { StoreFinding } from '../../src/domain/store-finding.ts';
import {
  baseIds,
  damagedIds,
  dependentIds,
  droppedNumbers,
  outcomeIds,
  plannedIds,
  prunedIds,
  restoredIds,
  transactionNumbers,
  waitingNumbers,
} from '../../src/render/id-lines.ts';
import { diffIdOf, exampleRebase, exampleReport, MY_ALPINE } from './example-report.ts';

const [ONE, TWO, THREE] = [imageIdOf('one'), imageIdOf('two'), imageIdOf('three')];
const TOP = diffIdOf('top');

describe('render/id-lines', () => {
  it('names the result of each image, changed or not', () => {
    const { plan } = exampleReport([MY_ALPINE]);
    const done = { kind: 'nothing', reference: 'b:1', imageId: ONE, reason: 'r' } as const;
    const { after } = exampleRebase(MY_ALPINE);
    expect(plannedIds({ plan: { images: [done, ...plan.images] } })).to.equal(
      `${ONE}\n${after.imageId}\n`,
    );
    const result = { reference: 'a', before: ONE, after: TWO, tags: [], reason: undefined };
    const images = [{ ...result, outcome: 'rebased' as const }];
    expect(outcomeIds({ images })).to.equal(`${TWO}\n`);
    expect(restoredIds([{ tag: 'a', before: ONE, after: TWO, newBase: 'b' }])).to.equal(`${ONE}\n`);
    const old = { imageId: ONE, was: 'a', tags: [], digests: [] };
    expect(prunedIds([old])).to.equal(`${ONE}\n`);
    expect(prunedIds([])).to.equal('');
  });

  it('names what --from may be given: the base, else the candidates, else the seams', () => {
    const candidate = (imageId: typeof ONE) => {
      return { name: 'c:1', imageId, layers: 1, tags: ['c:1'], historyMatches: true };
    };
    const detected = { name: 'c:1', imageId: TWO, layers: 1, evidence: 'e' };
    const report: BaseReport = {
      reference: 'a:1',
      imageId: ONE,
      layers: 3,
      detected,
      undecided: undefined,
      candidates: [candidate(TWO), candidate(THREE)],
      proposals: [{ layers: 1, topDiffId: TOP, evidence: [] }],
      labels: new Map(),
    };
    expect(baseIds(report)).to.equal(`${TWO}\n`);
    const undecided = { ...report, detected: undefined };
    expect(baseIds(undecided)).to.equal(`${TWO}\n${THREE}\n`);
    expect(baseIds({ ...undecided, candidates: [] })).to.equal(`${TOP}\n`);
    expect(baseIds({ ...undecided, candidates: [], proposals: [] })).to.equal('');
  });

  it('names images on a base, parents first, and not the base', () => {
    const image = (imageId: typeof ONE, ...children: Dependent[]): Dependent => ({
      imageId,
      name: 'a',
      tags: [],
      layers: 1,
      ownLayers: 1,
      ownBytes: undefined,
      containers: [],
      children,
    });
    const base = image(ONE, image(TWO, image(THREE)));
    expect(dependentIds({ base })).to.equal(`${TWO}\n${THREE}\n`);
  });

  it('names what is damaged, once, and no remark', () => {
    const finding = (severity: StoreFinding['class'], ...about: string[]): StoreFinding => ({
      code: 'layer-file',
      class: severity,
      message: 'm',
      consequence: 'c',
      issues: [],
      remedy: 'r',
      about,
      affects: [],
    });
    const findings = [finding('F', 'x', 'y'), finding('W', 'y', 'z'), finding('I', 'not')];
    expect(damagedIds({ findings })).to.equal('x\ny\nz\n');
  });

  it('numbers transactions: all, those that go, those that wait for something', () => {
    const view = (transaction: number) => ({ transaction });
    expect(transactionNumbers([view(12), view(3)])).to.equal('12\n3\n');
    const fates = [
      { view: view(1), kept: undefined },
      { view: view(2), kept: 'why' },
    ];
    expect(droppedNumbers(fates)).to.equal('1\n');
    const status = {
      open: [view(9)],
      pendingRestart: [view(7), view(7)],
      overwritten: [view(6)],
      broken: [view(5), view(9)],
    };
    expect(waitingNumbers(status)).to.equal('9\n7\n6\n5\n');
  });
});
