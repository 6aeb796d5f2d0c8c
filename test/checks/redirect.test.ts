import { expect } from 'chai';

import { redirectCheck } from '../../src/checks/redirect.ts';
import { contentFacts, directory, file, findingsOf, layer } from './example-content.ts';

const lower = layer({ 'opt/renamed': directory() });
const upper = layer({ 'opt/tool': file('x') });

describe('redirect', () => {
  it('nothing without marks', () => {
    expect(findingsOf(redirectCheck, contentFacts({ app: [lower, upper] }))).to.deep.equal([]);
  });

  it('names the first mark of each layer and counts the others', () => {
    const facts = contentFacts({
      app: [lower, upper],
      marks: [
        { layer: lower, path: 'opt/renamed', xattr: 'trusted.overlay.redirect' },
        { layer: lower, path: 'opt/other', xattr: 'trusted.overlay.redirect' },
        { layer: lower, path: 'opt/third', xattr: 'user.overlay.redirect' },
        { layer: upper, path: 'opt/tool', xattr: 'trusted.overlay.metacopy' },
      ],
    });
    const [first, second, ...rest] = findingsOf(redirectCheck, facts);
    expect(rest).to.deep.equal([]);
    expect(first).to.include({ check: 'redirect', severity: 'breaks', path: '/opt/renamed' });
    expect(first?.message).to.include('overlay redirect on /opt/renamed and 2 more marks');
    expect(first?.layers).to.deep.equal([lower.diffId]);
    expect(second?.message).to.match(/overlay metacopy on \/opt\/tool$/);
    expect(second?.layers).to.deep.equal([upper.diffId]);
  });
});
