import { expect } from 'chai';

import { readApk } from '../../../src/checks/packages/apk.ts';

const MUSL = `C:Q1Kp6bwZe4rmWYK1VFAyKfdDP8gDY=
P:musl
V:1.1.24-r10
A:x86_64
S:379432
T:the musl c library (libc) implementation
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
`;

describe('apk installed', () => {
  it('lists packages with their versions', () => {
    expect(readApk(`${MUSL}\nP:zlib\nV:1.2.11-r3\nA:x86_64\n\n`)).to.deep.equal({
      packages: [
        { name: 'musl', version: '1.1.24-r10', architecture: 'x86_64' },
        { name: 'zlib', version: '1.2.11-r3', architecture: 'x86_64' },
      ],
      damage: undefined,
    });
  });

  it('an empty database lists nothing and is whole', () => {
    expect(readApk('')).to.deep.equal({ packages: [], damage: undefined });
  });

  for (const [what, text] of [
    ['cut short in a line', MUSL.slice(0, 40)],
    ['cut short before the version', 'C:Q1=\nP:musl\n'],
    ['files of no package', 'F:lib\nR:libz.so.1\n'],
  ] as const) {
    it(`says that it is not whole: ${what}`, () => {
      expect(readApk(text).damage).to.be.a('string');
    });
  }
});
