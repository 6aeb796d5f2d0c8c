import { expect } from 'chai';
import { finding } from '../../src/domain/finding.ts';
import type { CheckReport } from '../../src/domain/report.ts';
import { checkDocument } from '../../src/render/check-json.ts';
import { renderCheck } from '../../src/render/check-text.ts';
import { refusedIds } from '../../src/render/id-lines.ts';
import { asPublished } from '../support/output-schema.ts';
import { exampleRebase, exampleReport, MY_ALPINE } from './example-report.ts';

const BREAKS = { ...MY_ALPINE, findings: [finding('missing', 'breaks', 'm', { why: 'w' })] };
const { before } = exampleRebase(MY_ALPINE);

/** One image that breaks, one that is safe, one for which there is nothing to do. */
function report(...allowed: string[]): CheckReport {
  const { storeRoot, daemon, plan } = exampleReport([
    { ...BREAKS, allowed },
    { ...MY_ALPINE, reference: 'b:1' },
  ]);
  const done = { kind: 'nothing', reference: 'c:1', imageId: before.imageId } as const;
  const images = [...plan.images, { ...done, reason: 'already on alpine:3.12' }];
  return { storeRoot, daemon, plan: { images } };
}

describe('render: what a check says', () => {
  it('shows verdict and findings of each image, and how many there are of each', () => {
    const lines = renderCheck(report(), { color: false }).split('\n');
    expect(lines).to.include.members([
      'my-alpine:3.7',
      '  VERDICT    BREAKS',
      '             missing (breaks): m',
      '             why: w',
      'b:1',
      '  VERDICT    SAFE',
      'c:1 is already on alpine:3.12; nothing to do',
      'Checked 3 images: 1 SAFE, 1 BREAKS, 1 unchanged.',
    ]);
    expect(lines.join('\n')).to.not.match(/LAYERS|IMAGE JSON|TAGS/);
  });

  it('gives the images alone that are refused', () => {
    expect(refusedIds(report())).to.equal(`${before.imageId}\n`);
    expect(refusedIds(report('missing'))).to.equal('');
  });

  it('gives the same as a document', () => {
    const document = asPublished(checkDocument(report()));
    expect(document).to.include({ schema: 'rebase-image/v1', changed: false, verdict: 'BREAKS' });
    const images = document['images'] as Record<string, unknown>[];
    expect(images.map(({ outcome, verdict }) => [outcome, verdict])).to.deep.equal([
      ['rebase', 'BREAKS'],
      ['rebase', 'SAFE'],
      ['unchanged', undefined],
    ]);
    expect(images[0]).to.not.have.any.keys('tags', 'diff', 'keptTags');
    expect(checkDocument(report('missing'))['verdict']).to.equal('REVIEW');
  });
});
