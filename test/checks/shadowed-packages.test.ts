import { expect } from 'chai';

import { shadowedCheck } from '../../src/checks/shadowed.ts';
import {
  contentFacts,
  file,
  findingsOf,
  judged,
  layer,
  rpmDatabase,
  type Example,
  type Item,
} from './example-content.ts';

type Versions = Readonly<Record<string, string>>;

const dpkg = (versions: Versions): Item =>
  file(
    Object.entries(versions)
      .map(
        ([name, version]) =>
          `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n\n`,
      )
      .join(''),
  );
const apk = (versions: Versions): Item =>
  file(
    Object.entries(versions)
      .map(([name, version]) => `P:${name}\nV:${version}\n\n`)
      .join(''),
  );
const rpm = (versions: Versions): Item =>
  rpmDatabase(
    Object.entries(versions).map(([name, version]) => ({ name, version, architecture: 'x86_64' })),
  );

function findings(example: Example) {
  return findingsOf(shadowedCheck, contentFacts(example));
}

describe('shadowed package databases', () => {
  for (const [name, path, database] of [
    ['dpkg', 'var/lib/dpkg/status', dpkg],
    ['apk', 'lib/apk/db/installed', apk],
    ['apk', 'usr/lib/apk/db/installed', apk],
    ['rpm', 'var/lib/rpm/rpmdb.sqlite', rpm],
    ['rpm', 'usr/lib/sysimage/rpm/Packages.db', rpm],
  ] as const) {
    it(`${path}: names the packages that are listed in the old version`, () => {
      const old = { openssl: '3.0.11', zlib: '1.2.13', mawk: '1.3' };
      const [found, ...rest] = findings({
        oldBase: [layer({ [path]: database(old) })],
        newBase: [layer({ [path]: database({ openssl: '3.0.14', zlib: '1.2.13', gawk: '5' }) })],
        app: [layer({ [path]: database({ ...old, nginx: '1.22' }) })],
      });
      expect(rest).to.deep.equal([]);
      expect(found).to.include({ check: 'shadowed', severity: 'review', path: `/${path}` });
      expect(found?.message).to.equal(
        `the app's ${name} database hides the new base's and lists ` +
          '1 package in the old version (openssl 3.0.11 for 3.0.14); ' +
          '1 package not at all (gawk); ' +
          '1 package although the new base has none (mawk)',
      );
    });
  }

  it('names the packages that the app layers upgraded themselves', () => {
    const path = 'var/lib/dpkg/status';
    const [found, ...rest] = findings({
      oldBase: [layer({ [path]: dpkg({ libssl3: '3.0.11' }) })],
      newBase: [layer({ [path]: dpkg({ libssl3: '3.0.14' }) })],
      app: [layer({ [path]: dpkg({ libssl3: '3.0.13' }) })],
    });
    expect(rest).to.deep.equal([]);
    expect(found?.message).to.include('upgraded 1 package of the base with dpkg');
    expect(found?.message).to.include('libssl3 3.0.13 over 3.0.14');
    expect(found?.why).to.include('do not take effect');
  });

  it('makes one finding of all files of the database', () => {
    const items = (version: string): Record<string, Item> => ({
      'var/lib/dpkg/status': dpkg({ a: version }),
      'var/lib/dpkg/info/a.list': file(version),
      'var/lib/dpkg/info/a.md5sums': file(version),
      'var/lib/dpkg/status-old': file(version),
    });
    const found = findings({
      oldBase: [layer(items('1'))],
      newBase: [layer(items('2'))],
      app: [layer({ ...items('1'), 'var/lib/dpkg/status': dpkg({ a: '1', b: '1' }) })],
    });
    expect(found).to.have.length(1);
  });

  it('records that list no packages are a note', () => {
    const base = (content: string) => [layer({ 'var/lib/dpkg/info/a.list': file(content) })];
    const [found] = findings({ oldBase: base('1'), newBase: base('2'), app: base('3') });
    expect(found).to.include({ severity: 'note' });
  });

  it('says nothing where the app has the packages of the new base', () => {
    const path = 'lib/apk/db/installed';
    const found = findings({
      oldBase: [layer({ [path]: apk({ musl: '1' }) })],
      newBase: [layer({ [path]: apk({ musl: '2' }) })],
      app: [layer({ [path]: apk({ musl: '2', curl: '8' }) })],
    });
    expect(found).to.deep.equal([]);
  });

  it('reads no database that the app layers do not hold, or that both bases have alike', () => {
    const path = 'var/lib/dpkg/status';
    const [one, two] = [layer({ [path]: dpkg({ a: '1' }) }), layer({ [path]: dpkg({ a: '2' }) })];
    const without = contentFacts({ oldBase: [one], newBase: [two], app: [layer({ x: file() })] });
    expect(judged(shadowedCheck, without)).to.deep.equal({ findings: [], read: [] });
    const alike = contentFacts({ oldBase: [one], newBase: [one], app: [two] });
    expect(judged(shadowedCheck, alike)).to.deep.equal({ findings: [], read: [] });
  });

  it('takes the files of status.d together, and leaves their checksums alone', () => {
    const folder = 'var/lib/dpkg/status.d';
    const base = (version: string) => [
      layer({
        [`${folder}/base`]: dpkg({ 'base-files': version }),
        [`${folder}/base.md5sums`]: file(`checksum of ${version}`),
        [`${folder}/libc6`]: dpkg({ libc6: '2.36' }),
      }),
    ];
    const app = [layer({ [`${folder}/base`]: dpkg({ 'base-files': '12.1' }) })];
    const facts = contentFacts({ oldBase: base('12.2'), newBase: base('12.4'), app });
    const { findings: found, read } = judged(shadowedCheck, facts);
    expect(found.map(({ message }) => message)).to.have.length(1);
    expect(found[0]?.message).to.include('base-files 12.1 over 12.4');
    expect(read.filter((each) => each.includes('md5sums'))).to.deep.equal([]);
  });

  it('reviews a database that is cut short, whatever it still lists', () => {
    const path = 'var/lib/dpkg/status';
    const found = findings({
      oldBase: [layer({ [path]: dpkg({ a: '1' }) })],
      newBase: [layer({ [path]: dpkg({ a: '2' }) })],
      app: [layer({ [path]: file('Package: a\nStatus: install ok ins') })],
    });
    expect(found[0]).to.include({ severity: 'review' });
    expect(found[0]?.message).to.match(/cannot be read as a whole: it is cut short$/);
  });

  it('reviews a database that cannot be read', () => {
    const path = 'var/lib/rpm/Packages';
    const facts = contentFacts({
      oldBase: [layer({ [path]: file('1') })],
      newBase: [layer({ [path]: file('2') })],
      app: [layer({ [path]: file('3') })],
    });
    const [found] = findingsOf(shadowedCheck, facts);
    expect(found).to.include({ severity: 'review' });
    expect(found?.message).to.include('rpm cannot be read as a whole: no rpm database');
  });
});
