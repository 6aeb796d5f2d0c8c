import { expect } from 'chai';

import { MANIFEST_SCHEMA } from '../../../src/domain/manifest/manifest-schema.ts';
import { DEFAULT_KEYS, ENTRY_KEYS, MANIFEST_KEYS } from '../../../src/domain/manifest/manifest.ts';

describe('domain/manifest/manifest-schema', () => {
  it('knows the same keys as the reader', () => {
    const { properties } = MANIFEST_SCHEMA;
    expect(Object.keys(properties)).to.have.members([...MANIFEST_KEYS]);
    expect(Object.keys(properties.defaults.properties)).to.have.members([...DEFAULT_KEYS]);
    expect(Object.keys(properties.rebases.items.properties)).to.have.members([...ENTRY_KEYS]);
  });
});
