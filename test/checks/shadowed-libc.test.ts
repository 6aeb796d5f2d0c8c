import { expect } from 'chai';

import { shadowedCheck } from '../../src/checks/shadowed.ts';
import type { FileFact } from '../../src/domain/file-fact.ts';
import {
  contentFacts,
  elf,
  findingsOf,
  layer,
  program,
  symlink,
  type Item,
} from './example-content.ts';

const FOLDER = 'lib/x86_64-linux-gnu';
const LOADER = 'lib64/ld-linux-x86-64.so.2';
const LIBC = `${FOLDER}/libc.so.6`;

const libc = (...versions: string[]): Item => elf({ versionsDefined: versions });
const loader = (release: string): Item => program(`ld.so ${release}`);
const shell = (version: string): Item =>
  elf({ versionsNeeded: [{ file: 'libc.so.6', version, weak: false }] });

const OLD = layer({
  [LOADER]: loader('2.31'),
  [LIBC]: libc('GLIBC_2.31'),
  'bin/sh': shell('GLIBC_2.31'),
});
const NEW = layer({
  [LOADER]: loader('2.36'),
  [LIBC]: libc('GLIBC_2.31', 'GLIBC_2.36'),
  'bin/sh': shell('GLIBC_2.36'),
});

function over(newBase: typeof NEW, app: Record<string, Item>) {
  return findingsOf(
    shadowedCheck,
    contentFacts({ oldBase: [OLD], newBase: [newBase], app: [layer(app)] }),
  );
}

describe('shadowed C library', () => {
  it("BREAKS: the app's libc.so.6 under the new base's loader", () => {
    const [found, ...rest] = over(NEW, { [LIBC]: libc('GLIBC_2.31', 'GLIBC_PRIVATE') });
    expect(rest).to.deep.equal([]);
    expect(found).to.include({ severity: 'breaks', path: `/${LIBC}` });
    expect(found?.message).to.include('of two releases');
  });

  it("BREAKS: the app's loader over the new base's libc.so.6", () => {
    const [found] = over(NEW, { [LOADER]: loader('2.31 of the app') });
    expect(found).to.include({ severity: 'breaks', path: `/${LOADER}` });
  });

  it("BREAKS: both are the app's, and the shell of the new base needs more", () => {
    const [found, ...rest] = over(NEW, {
      [LOADER]: loader('2.33'),
      [LIBC]: libc('GLIBC_2.31', 'GLIBC_2.33'),
    });
    expect(rest).to.deep.equal([]);
    expect(found).to.include({ severity: 'breaks' });
    expect(found?.message).to.include('lacks GLIBC_2.36');
  });

  it("review: both are the app's, and enough for the shell", () => {
    const [found] = over(NEW, {
      [LOADER]: loader('2.38'),
      [LIBC]: libc('GLIBC_2.31', 'GLIBC_2.36', 'GLIBC_2.38'),
    });
    expect(found).to.include({ severity: 'review' });
  });

  it('review: halves of two builds of the same release', () => {
    const patched = layer({
      [LOADER]: loader('2.31-9'),
      [LIBC]: elf({ soname: 'b', versionsDefined: ['GLIBC_2.31'] }),
    });
    const [found] = over(patched, {
      [LIBC]: elf({ soname: 'a', versionsDefined: ['GLIBC_2.31'] }),
    });
    expect(found).to.include({ severity: 'review' });
  });

  it('review: nothing is known of the releases', () => {
    const unread = (): FileFact => ({ kind: 'unreadable', reason: 'x' });
    const facts = contentFacts({
      oldBase: [OLD],
      newBase: [NEW],
      app: [layer({ [LIBC]: libc('GLIBC_9') })],
    });
    expect(findingsOf(shadowedCheck, facts, unread)[0]).to.include({ severity: 'review' });
  });

  it('follows the links of older releases: libc.so.6 -> libc-2.31.so', () => {
    const base = (release: string, versions: string[]) =>
      layer({
        [LOADER]: symlink(`/${FOLDER}/ld-${release}.so`),
        [`${FOLDER}/ld-${release}.so`]: loader(release),
        [LIBC]: symlink(`libc-${release}.so`),
        [`${FOLDER}/libc-${release}.so`]: libc(...versions),
      });
    const facts = contentFacts({
      oldBase: [base('2.28', ['GLIBC_2.28'])],
      newBase: [base('2.31', ['GLIBC_2.28', 'GLIBC_2.31'])],
      app: [
        layer({ [LIBC]: symlink('libc-2.28.so'), [`${FOLDER}/libc-2.28.so`]: libc('GLIBC_2.28') }),
      ],
    });
    expect(findingsOf(shadowedCheck, facts)[0]).to.include({
      severity: 'breaks',
      path: `/${LIBC}`,
    });
  });

  it('nothing where the app has what the new base has', () => {
    expect(
      over(NEW, { [LOADER]: loader('2.36'), [LIBC]: libc('GLIBC_2.31', 'GLIBC_2.36') }),
    ).to.deep.equal([]);
  });

  it('review: musl, which is loader and library in one file', () => {
    const musl = (release: string) =>
      layer({ 'lib/ld-musl-x86_64.so.1': elf({ soname: release }) });
    const facts = contentFacts({ oldBase: [musl('1')], newBase: [musl('3')], app: [musl('2')] });
    const found = findingsOf(shadowedCheck, facts);
    expect(found.map(({ severity }) => severity)).to.deep.equal(['review']);
    expect(found[0]?.message).to.include('/lib/ld-musl-x86_64.so.1');
  });
});
