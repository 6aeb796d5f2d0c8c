import { expect } from 'chai';

import { modifiedLayers } from '../../src/checks/modified-layers.ts';
import { walkedLayers } from '../../src/checks/walked-layers.ts';
import { contentFacts, file, layer, type ExampleLayer } from './example-content.ts';

const [OLD, NEW, APP] = ['old', 'new', 'app'].map((name) => layer({ [name]: file(name) }));

function modified(one: ExampleLayer): ExampleLayer {
  return { ...one, index: { ...one.index, source: 'version' } };
}

describe('checks/modified-layers', () => {
  it('says nothing of layers that show their own files', () => {
    const facts = contentFacts({ oldBase: [OLD!], newBase: [NEW!], app: [APP!] });
    expect(modifiedLayers(facts)).to.deep.equal([]);
  });

  it('notes that a base is modified, once where both bases have the layer', () => {
    const base = modified(OLD!);
    const facts = contentFacts({ oldBase: [base], newBase: [base, NEW!], app: [APP!] });
    const findings = modifiedLayers(facts);
    expect(findings.map(({ severity, layers }) => [severity, layers])).to.deep.equal([
      ['note', [OLD!.diffId]],
    ]);
    expect(walkedLayers(facts), 'its tar-split is not what is missing').to.deep.equal([]);
  });

  it('wants a look at an app layer: the result gets its own files', () => {
    const facts = contentFacts({ oldBase: [OLD!], newBase: [NEW!], app: [modified(APP!)] });
    const [finding, ...rest] = modifiedLayers(facts);
    expect(rest).to.deep.equal([]);
    expect(finding).to.include({ check: 'modified-base', severity: 'review' });
    expect(finding?.why).to.contain('own files');
    expect(finding?.layers).to.deep.equal([APP!.diffId]);
  });
});
