import { expect } from 'chai';

import { checkDepth } from '../../src/checks/depth.ts';
import { refusal } from '../resolve/refusal.ts';

describe('depth', () => {
  for (const layers of [0, 1, 123, 124]) {
    it(`${layers} layers fit`, () => {
      expect(checkDepth(layers)).to.deep.equal([]);
    });
  }

  for (const layers of [125, 127]) {
    it(`${layers} layers do not`, () => {
      const [finding] = checkDepth(layers);
      expect(finding).to.include({ check: 'depth', severity: 'breaks' });
      expect(finding?.message).to.include(`${layers} layers`).and.include('124');
    });
  }

  it('more than a container can have is refused whatever is allowed', () => {
    const error = refusal(() => checkDepth(128));
    expect(error.code).to.equal('CHECK_REFUSED');
    expect(error.hint).not.to.contain('--allow');
  });
});
