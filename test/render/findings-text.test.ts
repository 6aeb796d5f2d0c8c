import { expect } from 'chai';
import { finding, type Finding } from '../../src/domain/finding.ts';
import { findingsText } from '../../src/render/findings-text.ts';
import { pageOf } from '../../src/render/page.ts';
import { diffIdOf } from './example-report.ts';

const NONE: ReadonlySet<string> = new Set();

function text(findings: readonly Finding[], { noTrunc = false, allowed = NONE } = {}): string[] {
  return findingsText(pageOf({ color: false, noTrunc }), findings, allowed).map((line) =>
    line.trim(),
  );
}

describe('render/findings-text', () => {
  it('puts the gravest first, and what belongs to one check together', () => {
    const lines = text([
      finding('old-image', 'note', 'n'),
      finding('shadowed', 'review', 's1'),
      finding('missing', 'breaks', 'm1'),
      finding('distro', 'review', 'd'),
      finding('missing', 'breaks', 'm2'),
      finding('shadowed', 'review', 's2'),
    ]);
    expect(lines).to.deep.equal([
      'VERDICT    BREAKS',
      'missing (breaks): m1',
      'missing (breaks): m2',
      'hint: --allow missing waives this check',
      'shadowed (review): s1',
      'shadowed (review): s2',
      'distro (review): d',
      'note: n',
    ]);
  });

  it('says why, and what to do, once for findings in a row that share it', () => {
    const why = 'because';
    const lines = text([
      finding('shadowed', 'review', 'a', { why, hint: 'h' }),
      finding('shadowed', 'review', 'b', { why, hint: 'h' }),
      finding('shadowed', 'review', 'c', { why: 'else' }),
    ]);
    expect(lines.slice(1)).to.deep.equal([
      'shadowed (review): a',
      'shadowed (review): b',
      'why: because',
      'hint: h',
      'shadowed (review): c',
      'why: else',
    ]);
  });

  it('names the layers', () => {
    const [a, b, c] = ['a', 'b', 'c', 'd', 'e'].map(diffIdOf);
    const short = (id: string | undefined): string => id?.slice(7, 19) ?? '';
    const layers = ['a', 'b', 'c', 'd', 'e'].map(diffIdOf);
    const lines = (some: typeof layers): string =>
      text([finding('missing', 'review', 'm', { layers: some })])
        .slice(1)
        .join(' ');
    expect(lines(layers.slice(0, 1))).to.equal(`missing (review): m (layer ${short(a)})`);
    expect(lines(layers)).to.equal(
      `missing (review): m (layers ${short(a)}, ${short(b)}, ${short(c)} and 2 more)`,
    );
  });

  it('shortens the list of a check, and shows all of it when asked', () => {
    const many = Array.from({ length: 20 }, (_, at) => finding('missing', 'breaks', `m${at}`));
    const short = text(many);
    expect(short.filter((line) => line.startsWith('missing (breaks)'))).to.have.length(6);
    expect(short).to.include('and 14 more of missing: --no-trunc shows all');
    const whole = text(many, { noTrunc: true });
    expect(whole.filter((line) => line.startsWith('missing (breaks)'))).to.have.length(20);
    expect(whole.filter((line) => line.includes('waives'))).to.have.length(1);
  });

  it('marks what is allowed, and does not say again how to allow it', () => {
    const lines = text([finding('missing', 'breaks', 'm')], { allowed: new Set(['missing']) });
    expect(lines).to.deep.equal(['VERDICT    REVIEW', 'missing (breaks, allowed): m']);
  });

  it('prints what others wrote on one line, without what a terminal obeys', () => {
    const evil = 'a\nb\x1b[2J\u202e';
    const lines = text([finding('missing', 'breaks', evil, { why: evil, hint: evil })]);
    expect(lines.slice(1, 4)).to.deep.equal([
      'missing (breaks): a b\\x1b[2J\\u{202e}',
      'why: a b\\x1b[2J\\u{202e}',
      'hint: a b\\x1b[2J\\u{202e}',
    ]);
  });
});
