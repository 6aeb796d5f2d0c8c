import { expect } from 'chai';
import { finding, type Finding } from '../../src/domain/finding.ts';
import { renderPlan } from '../../src/render/plan-text.ts';
import { exampleReport, MY_ALPINE, type ExampleImage } from './example-report.ts';

const DISTRO = finding('distro', 'review', 'another release');
const NOTE = finding('old-image', 'note', 'kept');

function image(at: number, findings: readonly Finding[]): ExampleImage {
  return { ...MY_ALPINE, reference: `app-${at}:1`, findings };
}

/** The part of a plan of many images that lists the findings. */
function findingsIn(images: readonly ExampleImage[]): string[] {
  const lines = renderPlan(exampleReport(images), { color: false }).split('\n');
  const end = lines.findIndex((line) => line.startsWith('In full'));
  return lines.slice(lines.indexOf('Findings') + 1, end).filter((line) => line !== '');
}

describe('render/summary-text: findings of many images', () => {
  it('says once what many images have in common', () => {
    const own = finding('missing', 'breaks', 'no shell');
    const images = Array.from({ length: 9 }, (_, at) =>
      image(at, at === 3 ? [DISTRO, NOTE, own] : [DISTRO, NOTE]),
    );
    expect(findingsIn(images).map((line) => line.trim())).to.deep.equal([
      'app-0:1, app-1:1, app-2:1, app-3:1, app-4:1 and 4 more',
      'distro (review): another release',
      'app-3:1',
      'missing (breaks): no shell',
      'hint: --allow missing waives this check',
    ]);
  });

  it('stays short however many images have findings of their own', () => {
    const images = Array.from({ length: 300 }, (_, at) =>
      image(at, [finding('shadowed', 'review', `file ${at}`)]),
    );
    const lines = findingsIn(images);
    expect(lines).to.have.length(21);
    expect(lines.at(-1)?.trim()).to.equal('and 290 more groups of images');
  });
});
