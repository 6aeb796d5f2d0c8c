import { expect } from 'chai';

import { distroCheck } from '../../src/checks/distro.ts';
import {
  contentFacts,
  file,
  findingsOf,
  judged,
  layer,
  symlink,
  type Item,
} from './example-content.ts';

const debian = (version: string): Item => file(`ID=debian\nVERSION_ID="${version}"\n`);
const alpine = (version: string): Item => file(`ID=alpine\nVERSION_ID=${version}\n`);

function severities(old: Item | undefined, fresh: Item | undefined): string[] {
  const base = (item: Item | undefined) => [
    layer(item === undefined ? {} : { 'etc/os-release': item }),
  ];
  const facts = contentFacts({ oldBase: base(old), newBase: base(fresh), app: [layer({})] });
  return findingsOf(distroCheck, facts).map(({ severity }) => severity);
}

describe('distro', () => {
  it('says nothing of the same release', () => {
    expect(severities(debian('12'), debian('12'))).to.deep.equal([]);
    expect(severities(alpine('3.12.1'), alpine('3.12.12'))).to.deep.equal([]);
  });

  it('notes another branch of the same major version', () => {
    expect(severities(alpine('3.7.3'), alpine('3.12.12'))).to.deep.equal(['note']);
  });

  it('reviews another major version, another distribution, and none any more', () => {
    expect(severities(debian('12'), debian('13'))).to.deep.equal(['review']);
    expect(severities(debian('12'), alpine('3.12'))).to.deep.equal(['review']);
    expect(severities(debian('12'), undefined)).to.deep.equal(['review']);
    expect(severities(debian('12'), file('rubbish'))).to.deep.equal(['review']);
  });

  it('says nothing when the old base named no distribution', () => {
    expect(severities(undefined, debian('12'))).to.deep.equal([]);
    expect(severities(undefined, undefined)).to.deep.equal([]);
  });

  it('names both releases and the layers that say so, and reads two files', () => {
    const [old, fresh] = [
      layer({ 'etc/os-release': debian('12') }),
      layer({ 'etc/os-release': debian('13') }),
    ];
    const { findings, read } = judged(
      distroCheck,
      contentFacts({ oldBase: [old], newBase: [layer({}), fresh], app: [layer({ app: file() })] }),
    );
    expect(findings).to.have.length(1);
    expect(findings[0]).to.include({ check: 'distro', message: 'from debian 12 to debian 13' });
    expect(findings[0]?.layers).to.deep.equal([old.diffId, fresh.diffId]);
    expect(read).to.deep.equal(['text etc/os-release', 'text etc/os-release']);
  });

  it('follows the symlink to usr/lib inside the image, and never out of it', () => {
    const base = (version: string, target: string) =>
      layer({ 'etc/os-release': symlink(target), 'usr/lib/os-release': debian(version) });
    for (const target of [
      '../usr/lib/os-release',
      '/usr/lib/os-release',
      '../../../usr/lib/os-release',
    ]) {
      const facts = contentFacts({ oldBase: [base('12', target)], newBase: [base('13', target)] });
      expect(findingsOf(distroCheck, facts)).to.have.length(1);
    }
    const looping = layer({
      'etc/os-release': symlink('os-release'),
      'usr/lib/os-release': debian('12'),
    });
    const facts = contentFacts({
      oldBase: [looping],
      newBase: [base('13', '/usr/lib/os-release')],
    });
    expect(findingsOf(distroCheck, facts).map(({ message }) => message)).to.deep.equal([
      'from debian 12 to debian 13',
    ]);
  });

  it('compares the bases, whatever the app layers say that they are', () => {
    const base = layer({ 'etc/os-release': debian('12') });
    const app = [layer({ 'etc/os-release': alpine('3') })];
    expect(
      findingsOf(distroCheck, contentFacts({ oldBase: [base], newBase: [base], app })),
    ).to.deep.equal([]);
  });

  it('says why by the packages that the app layers installed', () => {
    const status = { 'var/lib/dpkg/status': file('Package: a\nVersion: 1\n') };
    const oldBase = [layer({ 'etc/os-release': debian('12'), ...status })];
    const app = [
      layer({ 'var/lib/dpkg/status': file('Package: a\nVersion: 1\n\nPackage: b\nVersion: 1\n') }),
    ];
    const why = (newBase: Record<string, Item>, withPackages: boolean): string | undefined =>
      findingsOf(
        distroCheck,
        contentFacts({ oldBase, newBase: [layer(newBase)], app: withPackages ? app : [] }),
      )[0]?.why;
    expect(why({ 'etc/os-release': debian('13'), ...status }, true)).to.include(
      'installed with dpkg',
    );
    expect(why({ 'etc/os-release': alpine('3.12') }, true)).to.include('dpkg, which the new base');
    expect(why({ 'etc/os-release': alpine('3.12') }, false)).not.to.include('dpkg');
  });
});
