import { expect } from 'chai';
import fc from 'fast-check';

import { RebaseError } from '../../../src/errors.ts';
import { readBuckets } from '../../../src/store/bolt/read-buckets.ts';
import { boltFile, type Buckets } from '../../support/bolt-file.ts';

/** What was read, in the form that it was written in. */
function read(file: Buffer): Buckets {
  const found = [...readBuckets(file).buckets].map(([key, { values }]) => {
    const texts = [...values].map(([name, value]) => [name, value.toString()] as const);
    return [key, Object.fromEntries(texts)] as const;
  });
  return Object.fromEntries(found);
}

const SNAPSHOTS: Buckets = {
  abcdefghijklmnopqrstuvwxy: { committed: 'zyx', chainid: `sha256:${'a'.repeat(64)}` },
  k2: { parent: 'abcdefghijklmnopqrstuvwxy' },
  k3: {},
};

describe('store/bolt', () => {
  it('reads buckets in place, on pages of their own, and below branch pages', () => {
    expect(read(boltFile(SNAPSHOTS))).to.deep.equal(SNAPSHOTS);
    expect(read(boltFile(SNAPSHOTS, { inline: false }))).to.deep.equal(SNAPSHOTS);
    expect(read(boltFile(SNAPSHOTS, { perLeaf: 1 }))).to.deep.equal(SNAPSHOTS);
    expect(read(boltFile(SNAPSHOTS, { perLeaf: 2, inline: false }))).to.deep.equal(SNAPSHOTS);
  });

  it('reads pages that overflow', () => {
    const many = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`key${String(at)}`, { chainid: 'c'.repeat(70) }]),
    );
    expect(read(boltFile(many))).to.deep.equal(many);
  });

  it('takes an empty file and an empty database for what they are', () => {
    expect(read(Buffer.alloc(0))).to.deep.equal({});
    expect(read(boltFile({}))).to.deep.equal({});
  });

  it('takes the newer meta page, and the older when the newer is torn', () => {
    const file = boltFile(SNAPSHOTS);
    const torn = Buffer.from(file);
    torn.writeUInt8(0xff, 4096 + 16 + 20);
    expect(read(torn)).to.deep.equal(SNAPSHOTS);
    torn.writeUInt8(0xff, 16 + 20);
    expect(() => readBuckets(torn)).to.throw(RebaseError, /no sound meta page/);
  });

  it('takes a page that leads back to itself for damage', () => {
    const file = boltFile(SNAPSHOTS, { perLeaf: 1 });
    const branch = file.length - 4096;
    // The first page below the branch is the branch itself.
    file.writeBigUInt64LE(BigInt(branch / 4096), branch + 16 + 8);
    expect(() => readBuckets(file)).to.throw(RebaseError, /used twice/);
  });

  it('has nothing but its own error for whatever bytes', () => {
    const file = boltFile(SNAPSHOTS, { perLeaf: 1, inline: false });
    const place = fc.integer({ min: 2 * 4096, max: file.length - 1 });
    const changes = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { maxLength: 8 });
    fc.assert(
      fc.property(changes, fc.integer({ min: 0, max: file.length }), (bytes, length) => {
        const damaged = Buffer.from(file);
        for (const [at, byte] of bytes) damaged.writeUInt8(byte, at);
        onlyOurError(damaged);
        onlyOurError(damaged.subarray(0, length));
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        onlyOurError(Buffer.from(bytes));
      }),
    );
  });
});

function onlyOurError(file: Buffer): void {
  try {
    readBuckets(file);
  } catch (error) {
    expect(error).to.be.instanceOf(RebaseError);
  }
}
