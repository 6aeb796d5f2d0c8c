import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { imageIdOf } from '../../src/domain/digest.ts';
import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { readImages } from '../../src/store/read-images.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const CONFIG = '{"os":"linux","rootfs":{"type":"layers","diff_ids":[]}}';
const ID = imageIdOf(CONFIG);
const HEX = ID.slice('sha256:'.length);

describe('store/read-images', () => {
  let layout: Layout;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
    mkdirSync(layout.imageContent, { recursive: true });
  });
  afterEach(removeTempDirs);

  it('reads a config and the parent that the metadata names', () => {
    write(HEX, CONFIG);
    writeParent(`sha256:${'c'.repeat(64)}`);
    const { images, brokenImages } = readImages(layout);
    expect(images.get(ID)).to.deep.equal({
      id: ID,
      text: CONFIG,
      diffIds: [],
      parent: `sha256:${'c'.repeat(64)}`,
    });
    expect(brokenImages.size).to.equal(0);
  });

  it('does not trim the parent, as dockerd does not', () => {
    write(HEX, CONFIG);
    writeParent(`sha256:${'c'.repeat(64)}\n`);
    expect(readImages(layout).images.get(ID)?.parent).to.equal(undefined);
  });

  it('finds nothing in a store without images', () => {
    expect(readImages(layoutOf(makeTempDir())).images.size).to.equal(0);
  });

  it('passes over names that are no digest: dockerd writes its temporary files there', () => {
    const names = [`.tmp-${HEX}123`, 'sha256', HEX.slice(1), HEX.toUpperCase(), `${HEX}0`];
    for (const name of names) write(name, '{');
    const { images, brokenImages } = readImages(layout);
    expect([...images.keys(), ...brokenImages.keys()]).to.deep.equal([]);
  });

  const broken: [string, string | Buffer, string][] = [
    ['an empty file', '', 'JSON'],
    ['a file that was cut', CONFIG.slice(0, 20), 'JSON'],
    ['no JSON object', '[]', 'no JSON object'],
    ['a config without rootfs', '{"os":"linux"}', 'no rootfs'],
    ['a DiffID that is no digest', '{"rootfs":{"diff_ids":["x"]}}', 'diff_ids[0]'],
    ['an image for Windows', '{"os":"windows","rootfs":{}}', 'windows'],
    ['bytes that are no UTF-8', Buffer.from(`${CONFIG}\xff`, 'latin1'), ''],
  ];
  for (const [what, bytes, reason] of broken) {
    it(`lists ${what} as broken, with the reason in one line`, () => {
      write(HEX, bytes);
      const { images, brokenImages } = readImages(layout);
      expect(images.size).to.equal(0);
      expect(brokenImages.get(ID)).to.contain(reason).and.not.contain('\n');
    });
  }

  it('gives the reason in one line for a config of several lines too', () => {
    write(HEX, '{\n  "os": linux\n}\n');
    expect(readImages(layout).brokenImages.get(ID)).to.be.a('string').and.not.contain('\n');
  });

  it('lists a folder and a symlink that leads nowhere as broken', () => {
    mkdirSync(join(layout.imageContent, HEX));
    const other = 'd'.repeat(64);
    symlinkSync('nowhere', join(layout.imageContent, other));
    const { images, brokenImages } = readImages(layout);
    expect(images.size).to.equal(0);
    expect([...brokenImages.keys()].sort()).to.deep.equal([ID, `sha256:${other}`].sort());
  });

  it('reads through no symlink: what it leads to may be no part of the store', () => {
    write('elsewhere', CONFIG);
    symlinkSync('elsewhere', join(layout.imageContent, HEX));
    const { images, brokenImages } = readImages(layout);
    expect(images.has(ID)).to.equal(false);
    expect(brokenImages.get(ID)).to.match(/^ELOOP/);
  });

  it('keeps healthy images apart from broken ones', () => {
    write(HEX, CONFIG);
    write('e'.repeat(64), '{');
    const { images, brokenImages } = readImages(layout);
    expect([...images.keys()]).to.deep.equal([ID]);
    expect([...brokenImages.keys()]).to.deep.equal([`sha256:${'e'.repeat(64)}`]);
  });

  function write(name: string, bytes: string | Buffer): void {
    writeFileSync(join(layout.imageContent, name), bytes);
  }

  function writeParent(text: string): void {
    mkdirSync(join(layout.imageMetadata, HEX), { recursive: true });
    writeFileSync(join(layout.imageMetadata, HEX, 'parent'), text);
  }
});
