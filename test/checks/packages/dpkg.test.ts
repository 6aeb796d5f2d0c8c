import { expect } from 'chai';

import { readDpkg } from '../../../src/checks/packages/dpkg.ts';

const OPENSSL = `Package: openssl
Status: install ok installed
Priority: optional
Architecture: amd64
Version: 3.0.11-1~deb12u2
Description: Secure Sockets Layer toolkit
 This package is part of the OpenSSL project.
 Version: not a field, this line goes on
`;

describe('dpkg status', () => {
  it('lists installed packages with their versions', () => {
    const tzdata =
      'Package: tzdata\nStatus: hold ok installed\nVersion: 2024a-0\nArchitecture: all\n';
    expect(readDpkg(`${OPENSSL}\n${tzdata}\n`)).to.deep.equal({
      packages: [
        { name: 'openssl', version: '3.0.11-1~deb12u2', architecture: 'amd64' },
        { name: 'tzdata', version: '2024a-0', architecture: 'all' },
      ],
      damage: undefined,
    });
  });

  it('leaves out what is removed but for its settings, and what was never installed', () => {
    const removed = 'Package: nano\nStatus: deinstall ok config-files\nVersion: 7.2-1\n';
    const unknown = 'Package: ed\nStatus: unknown ok not-installed\n';
    expect(readDpkg(`${removed}\n${unknown}\n`).packages).to.deep.equal([]);
  });

  it('takes the one stanza of a file in status.d, which has no Status', () => {
    expect(
      readDpkg('Package: base-files\nVersion: 12.4\nArchitecture: amd64\n').packages,
    ).to.deep.equal([{ name: 'base-files', version: '12.4', architecture: 'amd64' }]);
  });

  it('an empty database lists nothing and is whole', () => {
    expect(readDpkg('')).to.deep.equal({ packages: [], damage: undefined });
  });

  const damaged: [string, string][] = [
    ['cut short in a line', OPENSSL.slice(0, -20)],
    ['cut short before the version', 'Package: openssl\nStatus: install ok installed\n'],
    ['a version without a name', 'Status: install ok installed\nVersion: 1\n'],
    ['a name of a thousand letters', `Package: ${'a'.repeat(1000)}\nVersion: 1\n`],
    ['no database', 'hello\n'],
  ];
  for (const [what, text] of damaged) {
    it(`says that it is not whole: ${what}`, () => {
      expect(readDpkg(text).damage).to.be.a('string');
    });
  }

  it('takes a line of a million blanks', () => {
    const blanks = ' '.repeat(1_000_000);
    expect(readDpkg(`Package:${blanks}x${blanks}y\nVersion: 1\n`).packages).to.deep.equal([]);
  });
});
