/**
 * What a layer holds, on layers that a real dockerd has unpacked: its tar-split file and its
 * directory must tell the same, every checksum must fit, and the tar must come out again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { chainIdsOf, type DiffID } from '../../src/domain/digest.ts';
import { lookup, treeOf } from '../../src/domain/merged-tree.ts';
import type { LayerEntry, LayerIndex } from '../../src/domain/layer-index.ts';
import { Crc64 } from '../../src/store/crc64.ts';
import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { readLayerFile } from '../../src/store/read-layer-file.ts';
import { readLayerIndex } from '../../src/store/read-layer-index.ts';
import { readLayer } from '../../src/store/read-layer.ts';
import { reassembleLayer } from '../../src/store/reassemble-layer.ts';
import { walkLayer } from '../../src/store/walk-layer.ts';
import { comparableIndex } from '../support/comparable-index.ts';
import { tarOf, type Member } from '../support/store/hand-made-tar.ts';
import { tempFolder } from './support/cleanup.ts';
import { execute, startEngine, type Engine } from './support/engine.ts';
import { buildImage, diffIds, importBase, run } from './support/images.ts';

describe('the index of layers that dockerd unpacked', () => {
  let engine: Engine;
  let layout: Layout;

  before(async () => {
    engine = await startEngine();
    layout = layoutOf(engine.dataRoot);
    await importBase(engine, 'base:1', {
      'etc/removed': 'gone soon\n',
      'etc/kept': 'kept\n',
      'opt/renewed/old': 'old\n',
      'opt/renewed/deep/old': 'old\n',
      'opt/swapped/file': 'x\n',
      'srv/file': 'becomes a directory\n',
    });
  });
  after(() => engine.dispose());

  it('has every kind of file of an imported base', async () => {
    await importBase(
      engine,
      'odd:1',
      { 'usr/bin/tool': 'x'.repeat(70_000) },
      { prepare: oddFiles },
    );
    const [base] = await soundLayers('odd:1');
    expect(typesIn(base!)).to.deep.include({
      'odd/char': 'char 7:300',
      'odd/block': 'block 8:17',
      'odd/fifo': 'fifo',
      'odd/setuid': 'file 4755',
      'odd/hard': 'file 640',
      'odd/hard2': 'file 640 = odd/hard',
      'odd/\xff\xfe\n\xe9': 'file 644',
      'odd/link': 'symlink -> /etc/passwd',
    });
    const long = Object.keys(typesIn(base!)).filter((path) => path.length > 255);
    expect(long).to.have.length(2);
  });

  for (const buildkit of [false, true]) {
    it(`has what ${buildkit ? 'BuildKit' : 'the classic builder'} deleted and replaced`, async () => {
      const tag = buildkit ? 'app:buildkit' : 'app:classic';
      const lines = [
        'FROM base:1',
        'RUN rm /etc/removed && echo 1 >/etc/added && ln /etc/added /etc/linked',
        'RUN rm -r /opt/renewed && mkdir /opt/renewed && echo 2 >/opt/renewed/new',
        'RUN rm -r /opt/swapped && ln -s /etc /opt/swapped && rm /srv/file && mkdir -p /srv/file/in',
        'COPY --chown=12:34 app /opt/app/',
        'RUN chmod 4711 /opt/app/run && chmod 700 /opt && mknod /opt/null c 1 3',
      ];
      await buildImage(engine, tag, lines.join('\n'), { buildkit, files: { 'app/run': 'run\n' } });
      const layers = await soundLayers(tag);
      expect([...layers[1]!.whiteouts]).to.deep.equal(['etc/removed']);
      expect([...layers[2]!.opaque]).to.deep.equal(['opt/renewed']);
      expect(typesIn(layers[3]!)).to.deep.include({ 'opt/swapped': 'symlink -> /etc' });
      expect(typesIn(layers[5]!)).to.deep.include({
        'opt/app/run': 'file 4711',
        'opt/null': 'char 1:3',
        opt: 'directory 700',
      });
    });

    it(`gives the tree that a container on ${buildkit ? 'BuildKit' : 'classic'} sees`, async () => {
      const tag = buildkit ? 'app:buildkit' : 'app:classic';
      const layers = await soundLayers(tag);
      const tree = treeOf(
        layers.map((index) => ({ index, chainId: '' as never, diffId: '' as never })),
      );
      const paths = [
        ...['etc/removed', 'etc/kept', 'etc/linked', 'opt/app/run', 'srv/file/in', 'opt/null'],
        ...['opt/renewed/old', 'opt/renewed/deep', 'opt/renewed/new', 'opt/swapped/kept'],
      ];
      const script = 'for path; do if [ -e "/$path" ]; then echo "$path"; fi; done';
      const seen = (await run(engine, tag, 'sh', '-c', script, 'sh', ...paths)).split('\n');
      expect(paths.filter((path) => lookup(tree, path) !== undefined)).to.deep.equal(seen);
      expect(seen).to.have.length(7);
    });
  }

  // A keyword with a value makes a global PAX header, as git archive does.
  const formats = ['v7', 'oldgnu', 'gnu', 'ustar', 'posix', 'posix --pax-option=comment=hello'];
  for (const format of formats) {
    it(`reads a tar of the format ${format}`, async () => {
      const folder = tempFolder();
      const tag = `format:${formats.indexOf(format)}`;
      await must('sh', ['-ec', formatFiles(format), 'sh', folder]);
      await engine.docker('import', join(folder, 'layer.tar'), tag);
      const [layer] = await soundLayers(tag);
      expect(typesIn(layer!)).to.deep.include({
        'd/hard': 'file 640',
        'd/plain': 'file 640 = d/hard',
        'd/symlink': 'symlink -> ../d/plain',
      });
    });
  }

  it('follows what dockerd makes of odd names, orders and owners', async () => {
    const [layer] = await handMade('odd:2', [
      { name: './', type: '5', mode: 0o700, uid: 7 },
      { name: './implied/deep/file', content: 'x' },
      { name: '/absolute/file', content: 'y' },
      { name: '../../above/file', content: 'z' },
      { name: 'dir/./sub//..//other/', type: '5', mode: 0o711 },
      { name: 'real/', type: '5', mode: 0o755 },
      { name: 'link', type: '2', linkName: '/real/../real' },
      { name: 'link/through', content: 'through a symlink' },
      { name: 'set', content: 'abc', mode: 0o4755, uid: 1, gid: 2 },
      { name: 'hard', type: '1', linkName: './set', mode: 0o600, uid: 5, gid: 6 },
      { name: 'hardlink', type: '1', linkName: 'link', mode: 0o600, uid: 5 },
      { name: 'device', type: '3', major: 0, minor: 0, mode: 0o600 },
      { name: './.wh.deleted' },
      { name: './.wh..wh.plnk' },
      { name: 'opaque/.wh..wh..opq' },
      { name: 'gone/file' },
      { name: 'gone', content: 'a file in place of the directory' },
      {
        name: 'marked/',
        type: '5',
        xattrs: new Map([['trusted.overlay.opaque', Buffer.from('y')]]),
      },
    ]);
    expect(typesIn(layer!)).to.deep.equal({
      '': 'directory 755',
      above: 'directory 755',
      'above/file': 'file 644',
      absolute: 'directory 755',
      'absolute/file': 'file 644',
      dir: 'directory 755',
      'dir/other': 'directory 711',
      gone: 'file 644',
      hard: 'file 600',
      hardlink: 'symlink -> /real/../real',
      implied: 'directory 755',
      'implied/deep': 'directory 755',
      'implied/deep/file': 'file 644',
      link: 'symlink -> /real/../real = hardlink',
      marked: 'directory 644',
      opaque: 'directory 755',
      real: 'directory 755',
      'real/through': 'file 644',
      set: 'file 600 = hard',
    });
    expect([...layer!.whiteouts].sort()).to.deep.equal(['.wh.plnk', 'deleted', 'device']);
    expect([...layer!.opaque].sort()).to.deep.equal(['marked', 'opaque']);
  });

  it('knows layers that dockerd runs and cannot save', async () => {
    const folder = tempFolder();
    const script =
      'cd "$1"; truncate -s 1M sparse; echo x >>sparse; tar --sparse --format=posix -cf';
    await must('sh', ['-ec', `${script} sparse.tar sparse`, 'sh', folder]);
    const linked = [
      { name: 'file', content: 'abc' },
      { name: 'link', type: '1', linkName: 'file', size: 3 },
    ] as const;
    writeFileSync(join(folder, 'linked.tar'), tarOf(linked));
    const sources: string[] = [];
    for (const name of ['sparse', 'linked']) {
      await engine.docker('import', join(folder, `${name}.tar`), `unsaved:${name}`);
      const [chainId] = chainIdsOf((await diffIds(engine, `unsaved:${name}`)) as DiffID[]);
      const { cacheId = '', diff } = readLayer(layout, chainId!)!;
      const index = readLayerIndex(layout, { chainId: chainId!, cacheId });
      sources.push(index.source);
      expect(comparableIndex(index)).to.deep.equal(comparableIndex(walkLayer(layout, cacheId)));
      const { diffId } = await reassembleLayer(layout, { chainId: chainId!, cacheId });
      expect(diffId).to.not.equal(diff);
      const saved = await engine.dockerTry('save', '-o', join(folder, 'x.tar'), `unsaved:${name}`);
      expect(saved.status).to.not.equal(0);
    }
    expect(sources).to.deep.equal(['directory', 'tar-split']);
  });

  it('has an empty layer', async () => {
    const [layer] = await handMade('empty:1', []);
    expect(typesIn(layer!)).to.deep.equal({ '': 'directory 755' });
  });

  /** Imports a tar of these members, and gives the index of its only layer. */
  async function handMade(tag: string, members: readonly Member[]): Promise<LayerIndex[]> {
    const archive = join(tempFolder(), 'layer.tar');
    writeFileSync(archive, tarOf(members));
    await engine.docker('import', archive, tag);
    return soundLayers(tag);
  }

  /** The indexes of an image's layers, lowest first, after proving each of them. */
  async function soundLayers(tag: string): Promise<LayerIndex[]> {
    const chain = chainIdsOf((await diffIds(engine, tag)) as DiffID[]);
    const indexes: LayerIndex[] = [];
    for (const chainId of chain) {
      const { cacheId = '', diff } = readLayer(layout, chainId)!;
      const index = readLayerIndex(layout, { chainId, cacheId });
      expect(index.source).to.equal('tar-split');
      expect(comparableIndex(index)).to.deep.equal(comparableIndex(walkLayer(layout, cacheId)));
      for (const { path, type, crc, size } of index.entries) {
        if (type !== 'file') continue;
        const file = readLayerFile(layout, cacheId, path, { limit: 1 << 30 });
        if (!('bytes' in file)) throw new Error(`${path}: ${file.reason}`);
        expect(file.bytes.length, path).to.equal(size);
        if (size > 0) expect(new Crc64().update(file.bytes).digest(), path).to.equal(crc);
      }
      const whole = await reassembleLayer(layout, { chainId, cacheId }, { checksums: true });
      expect(whole).to.deep.equal({ diffId: diff, damaged: [] });
      indexes.push(index);
    }
    return indexes;
  }
});

/** By path: type, mode, device, target, and the name that it is a link to. */
function typesIn({ entries }: LayerIndex): Record<string, string> {
  return Object.fromEntries(entries.map((entry) => [entry.path, typeOf(entry)]));
}

function typeOf({ type, mode, device, target, hardLinkOf }: LayerEntry): string {
  const detail = {
    file: mode.toString(8),
    directory: mode.toString(8),
    symlink: `-> ${target ?? ''}`,
    char: device,
    block: device,
    fifo: undefined,
  }[type];
  return [type, detail, hardLinkOf && `= ${hardLinkOf}`].filter((word) => word).join(' ');
}

/** What `Files` cannot say: devices, links, names of bytes, long paths, attributes. */
async function oddFiles(rootfs: string): Promise<void> {
  const script = `
    umask 022; mkdir "$1/odd" && cd "$1/odd"
    mknod char c 7 300; mknod block b 8 17; mkfifo fifo
    echo x >setuid; chmod 4755 setuid
    echo hard >hard; chmod 640 hard; ln hard hard2
    echo bytes >"$(printf '\\377\\376\\n\\351')"
    ln -s /etc/passwd link; ln -s nowhere dangling
    echo secret >none; chmod 0 none; chown 4000000:70000 none
    mkdir sticky; chmod 1777 sticky
    truncate -s 3M sparse
    : >empty
    long=$(printf 'x%.0s' $(seq 120))
    mkdir -p $long/$long/$long && echo deep >$long/$long/$long/$long
    ln $long/$long/$long/$long $long/hard; ln -s $long/$long/$long/$long $long/symlink
    setfattr -n user.some -v thing empty
    setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 empty
  `;
  await must('sh', ['-ec', script, 'sh', rootfs]);
}

/** Makes files that the format has a place for, and layer.tar of them, below "$1". */
function formatFiles(format: string): string {
  const long = format === 'v7' ? '' : 'p=$(printf "p%.0s" $(seq 90)); mkdir $p; echo l >$p/$p;';
  const longer = /gnu|posix/.test(format)
    ? 'q=$(printf "q%.0s" $(seq 200)); mkdir -p $q/$q; echo l >$q/$q/$q; ln -s $q/$q/$q $q/s;'
    : '';
  const special = format === 'v7' ? '' : 'mknod null c 1 3; mkfifo pipe;';
  return `
    mkdir "$1/files"; cd "$1/files"; mkdir d; cd d
    echo plain >plain; chmod 640 plain; chown 12:34 plain; ln plain hard; ln -s ../d/plain symlink
    ${long} ${longer} ${special}
    cd "$1" && tar --format=${format} -C files -cf layer.tar .
  `;
}

async function must(file: string, args: readonly string[]): Promise<void> {
  const { status, stderr } = await execute(file, args);
  if (status !== 0) throw new Error(`${file}: exit ${status}\n${stderr}`);
}
