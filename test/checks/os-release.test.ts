import { expect } from 'chai';

import { compareReleases, readOsRelease, titleOf } from '../../src/checks/os-release.ts';

describe('os-release', () => {
  const read: [string, string, string, string][] = [
    ['plain', 'ID=alpine\nVERSION_ID=3.12.12\n', 'alpine', '3.12.12'],
    ['quoted', 'NAME="x"\nVERSION_ID="12"\nID=\'debian\'\nID_LIKE=no\n', 'debian', '12'],
    ['carriage returns', 'ID=debian\r\nVERSION_ID="12"\r\n', 'debian', '12'],
    ['escaped', 'ID="a\\"b"\n', 'a"b', ''],
    ['the last one counts', 'ID=a\nID=b\n', 'b', ''],
    ['no final newline', 'ID=debian', 'debian', ''],
    ['a rolling one', 'ID=arch\nBUILD_ID=rolling\n', 'arch', ''],
    ['empty', '', '', ''],
    ['something else', '\x7fELF', '', ''],
    ['a value of a megabyte', `ID=${'a'.repeat(1_000_000)}\n`, '', ''],
    ['blanks of a megabyte', `ID=${' '.repeat(1_000_000)}x\n`, '', ''],
  ];
  for (const [what, text, id, version] of read) {
    it(`reads ${what}`, () => {
      expect(readOsRelease(text)).to.deep.equal({ id, version });
    });
  }

  const apart: [string, string, string, string, string][] = [
    ['debian', '12', 'debian', '12', 'same'],
    ['debian', '12', 'debian', '13', 'major'],
    ['debian', '13', 'debian', '', 'major'],
    ['debian', '12', 'ubuntu', '12', 'distribution'],
    ['alpine', '3.7.3', 'alpine', '3.12.12', 'branch'],
    ['alpine', '3.12.1', 'alpine', '3.12.12', 'same'],
    ['ubuntu', '22.04', 'ubuntu', '24.04', 'major'],
    ['ubuntu', '24.04', 'ubuntu', '24.10', 'branch'],
    ['rocky', '9.2', 'rocky', '9.4', 'branch'],
    ['opensuse-tumbleweed', '20240101', 'opensuse-tumbleweed', '20241231', 'branch'],
    ['amzn', '2', 'amzn', '2023', 'major'],
  ];
  for (const [oldId, oldVersion, id, version, distance] of apart) {
    it(`${oldId} ${oldVersion} and ${id} ${version}: ${distance}`, () => {
      const [old, fresh] = [
        { id: oldId, version: oldVersion },
        { id, version },
      ];
      expect(compareReleases(old, fresh)).to.equal(distance);
      expect(compareReleases(fresh, old)).to.equal(distance);
    });
  }

  it('names releases for people', () => {
    expect(titleOf({ id: 'debian', version: '12' })).to.equal('debian 12');
    expect(titleOf({ id: 'arch', version: '' })).to.equal('arch');
    expect(titleOf({ id: '', version: '' })).to.match(/no distribution/);
  });
});
