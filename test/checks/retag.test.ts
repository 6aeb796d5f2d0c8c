import { expect } from 'chai';

import { checkRetag } from '../../src/checks/retag.ts';
import type { ImageID } from '../../src/domain/digest.ts';
import type { TagChange } from '../../src/domain/plan.ts';
import { imageOf } from '../resolve/example-snapshot.ts';

const [OLD, RESULT, OTHER] = ['old', 'result', 'other'].map(
  (layer) => imageOf({ layers: [layer] }).id,
) as [ImageID, ImageID, ImageID];

function change(key: string, before: ImageID | undefined, after = RESULT): TagChange {
  return { repository: key.split(':')[0]!, key, before, after };
}

describe('retag', () => {
  it('lets a new tag be, and the one that moves', () => {
    expect(checkRetag([], OLD)).to.deep.equal([]);
    expect(checkRetag([change('my:2', undefined), change('my:1', OLD)], OLD)).to.deep.equal([]);
  });

  it('stops at a tag of another image, for the result or for the old image', () => {
    const findings = checkRetag([change('my:1', OTHER), change('my:old', OTHER, OLD)], OLD);
    expect(findings.map(({ check, severity }) => [check, severity])).to.deep.equal([
      ['retag', 'breaks'],
      ['retag', 'breaks'],
    ]);
    expect(findings[0]?.message).to.equal(`my:1 names another image, ${OTHER.slice(7, 19)}`);
  });
});
