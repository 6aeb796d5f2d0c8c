import { expect } from 'chai';
import { finding, refuses, verdictOf, type Finding } from '../../src/domain/finding.ts';
import { rebasesOf } from '../../src/domain/plan.ts';
import type { ImageID } from '../../src/domain/digest.ts';

const NOTE = finding('history', 'note', 'n');
const REVIEW: Finding = { ...NOTE, severity: 'review' };
const BREAKS: Finding = { ...NOTE, check: 'platform', severity: 'breaks' };

describe('plan', () => {
  const cases: [string, Finding[], string[], string][] = [
    ['nothing found', [], [], 'SAFE'],
    ['a note', [NOTE], [], 'SAFE'],
    ['something to look at', [NOTE, REVIEW], [], 'REVIEW'],
    ['something that breaks', [BREAKS, REVIEW], [], 'BREAKS'],
    ['the same, waived', [BREAKS], ['platform'], 'REVIEW'],
    ['another check waived', [BREAKS], ['depth', 'retag'], 'BREAKS'],
  ];
  for (const [name, findings, allowed, verdict] of cases) {
    it(`${name}: ${verdict}`, () => {
      expect(verdictOf(findings, new Set(allowed))).to.equal(verdict);
      expect(findings.some((each) => refuses(each, new Set(allowed)))).to.equal(
        verdict === 'BREAKS',
      );
    });
  }

  it('leaves out the images that do not change', () => {
    const nothing = {
      kind: 'nothing',
      reference: 'a',
      imageId: 'x' as ImageID,
      reason: '',
    } as const;
    expect(rebasesOf({ images: [nothing] })).to.deep.equal([]);
  });
});
