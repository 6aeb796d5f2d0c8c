import { expect } from 'chai';

import { replacedDirCheck } from '../../src/checks/replaced-dir.ts';
import {
  contentFacts,
  directory,
  file,
  findingsOf,
  judged,
  layer,
  program,
  symlink,
  whiteout,
  type Example,
} from './example-content.ts';

const SPLIT = layer({
  bin: directory(),
  'bin/sh': program('sh'),
  'bin/ls': program('ls'),
  lib: directory(),
  'lib/x86_64-linux-gnu': directory(),
  'lib/x86_64-linux-gnu/libc.so.6': file('libc'),
  'usr/bin': directory(),
  'usr/bin/env': program('env'),
});
const MERGED = layer({
  bin: symlink('usr/bin'),
  lib: symlink('usr/lib'),
  'usr/bin': directory(),
  'usr/bin/sh': program('sh'),
  'usr/bin/ls': program('ls'),
  'usr/bin/env': program('env'),
  'usr/lib': directory(),
  'usr/lib/x86_64-linux-gnu': directory(),
  'usr/lib/x86_64-linux-gnu/libc.so.6': file('libc'),
});

function findings(example: Example) {
  return findingsOf(replacedDirCheck, contentFacts(example));
}

describe('replaced-dir', () => {
  it('BREAKS: a directory of the app over the symlink of a merged /usr', () => {
    const app = layer({ bin: directory(), 'bin/app': program('app') });
    const [found, ...rest] = findings({ oldBase: [SPLIT], newBase: [MERGED], app: [app] });
    expect(rest).to.deep.equal([]);
    expect(found).to.include({ check: 'replaced-dir', severity: 'breaks', path: '/bin' });
    expect(found?.message).to.equal(
      "the app's directory /bin replaces the new base's symlink to usr/bin " +
        'and hides 2 names in it: ls, sh',
    );
    expect(found?.layers).to.deep.equal([app.diffId, MERGED.diffId]);
  });

  it('BREAKS: a library beside those of the base, in the same directory', () => {
    const app = layer({
      lib: directory(),
      'lib/x86_64-linux-gnu': directory(),
      'lib/x86_64-linux-gnu/libapp.so.1': file('app'),
    });
    const [found] = findings({ oldBase: [SPLIT], newBase: [MERGED], app: [app] });
    expect(found).to.include({ severity: 'breaks', path: '/lib' });
    expect(found?.message).to.match(/hides 1 name in it: x86_64-linux-gnu\/libc\.so\.6$/);
  });

  it('review: nothing that worked is lost, because the app brings it all', () => {
    const app = layer({ bin: directory(), 'bin/sh': program('own'), 'bin/ls': program('own') });
    const [found] = findings({ oldBase: [SPLIT], newBase: [MERGED], app: [app] });
    expect(found).to.include({ severity: 'review', path: '/bin' });
  });

  it('review: a directory that no program is started from', () => {
    const [found] = findings({
      oldBase: [layer({ 'var/run': directory(), 'var/run/x': file('x') })],
      newBase: [layer({ 'var/run': symlink('/run'), run: directory(), 'run/x': file('x') })],
      app: [layer({ 'var/run': directory(), 'var/run/app': directory() })],
    });
    expect(found).to.include({ severity: 'review', path: '/var/run' });
    expect(found?.message).to.include('symlink to /run and hides 1 name in it: x');
  });

  it('review: a directory over a file', () => {
    const [found] = findings({
      oldBase: [layer({})],
      newBase: [layer({ 'etc/tool': file('x') })],
      app: [layer({ 'etc/tool': directory(), 'etc/tool/conf': file('y') })],
    });
    expect(found).to.include({ severity: 'review', path: '/etc/tool' });
    expect(found?.message).to.equal("the app's directory /etc/tool replaces the new base's file");
  });

  it('BREAKS: a symlink of the app over an essential directory that leads elsewhere', () => {
    const app = layer({ lib64: symlink('lib') });
    const [found] = findings({
      oldBase: [layer({ 'lib/ld-musl-x86_64.so.1': program('musl') })],
      newBase: [layer({ 'lib64/ld-linux-x86-64.so.2': program('ld') })],
      app: [app],
    });
    expect(found).to.include({ severity: 'breaks', path: '/lib64' });
    expect(found?.message).to.include("the app's symlink /lib64 replaces the new base's directory");
    expect(found?.message).to.include('ld-linux-x86-64.so.2');
  });

  it('review: a symlink that leads to all that the directory has', () => {
    const [found] = findings({
      oldBase: [layer({})],
      newBase: [layer({ 'lib64/ld': program('ld') })],
      app: [layer({ lib64: symlink('own'), 'own/ld': program('ld') })],
    });
    expect(found).to.include({ severity: 'review', path: '/lib64' });
  });

  it('nothing where the app did the same to the old base', () => {
    const app = [layer({ bin: directory(), 'bin/app': program('app') })];
    expect(findings({ oldBase: [MERGED], newBase: [MERGED], app })).to.deep.equal([]);
    const old = layer({ srv: directory(), 'srv/x': file('x') });
    const fresh = layer({ srv: directory(), 'srv/x': file('y'), 'srv/z': file('z') });
    expect(
      findings({ oldBase: [old], newBase: [fresh], app: [layer({ srv: file('x') })] }),
    ).to.deep.equal([]);
  });

  it('nothing where an upper app layer took it away again', () => {
    const app = [
      layer({ bin: directory(), 'bin/app': program('app') }),
      layer({ bin: whiteout() }),
    ];
    expect(findings({ oldBase: [SPLIT], newBase: [MERGED], app })).to.deep.equal([]);
  });

  it('nothing for directories over directories, and reads no file', () => {
    const app = [layer({ 'usr/bin': directory(), 'usr/bin/app': program('app') })];
    const facts = contentFacts({ oldBase: [SPLIT], newBase: [MERGED], app });
    expect(judged(replacedDirCheck, facts)).to.deep.equal({ findings: [], read: [] });
  });

  it('ends with symlinks that lead in circles', () => {
    const [found] = findings({
      oldBase: [SPLIT],
      newBase: [layer({ bin: symlink('sbin'), sbin: symlink('bin') })],
      app: [layer({ bin: directory(), 'bin/app': program('app') })],
    });
    expect(found).to.include({ severity: 'review', path: '/bin' });
  });

  it('BREAKS: a volume of the image over a file of the new base', () => {
    const config = { Volumes: { '/data': {}, '/srv': {}, '/none': {} } };
    const found = findings({
      oldBase: [layer({ data: directory(), srv: file() })],
      newBase: [layer({ data: file(), srv: file() })],
      config,
    });
    expect(found.map(({ severity, message }) => `${severity} ${message}`)).to.deep.equal([
      'breaks the volume /data lands on what is no directory on new:2',
    ]);
  });
});
