import { expect } from 'chai';

import { checkDepth } from '../../src/checks/depth.ts';

describe('depth', () => {
  for (const layers of [0, 1, 123, 124]) {
    it(`${layers} layers fit`, () => {
      expect(checkDepth(layers)).to.deep.equal([]);
    });
  }

  for (const layers of [125, 128, 1000]) {
    it(`${layers} layers do not`, () => {
      const [finding] = checkDepth(layers);
      expect(finding).to.include({ check: 'depth', severity: 'breaks' });
      expect(finding?.message).to.include(`${layers} layers`).and.include('124');
    });
  }
});
