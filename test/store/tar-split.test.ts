import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect } from 'chai';
import fc from 'fast-check';

import {
  readTarSplit,
  streamTarSplit,
  tarSplitEntries,
  tarSplitEntry,
  type TarSplitEntry,
} from '../../src/store/tar-split.ts';
import { rejection } from '../daemon/rejection.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';
import { damageIn } from './damage.ts';

const RAW = '{"type":2,"payload":"AAEC","position":0}';
const FILE = '{"type":1,"name":"a/b","size":3,"payload":"N3bEIAAAAAA=","position":1}';

describe('store/tar-split', () => {
  afterEach(removeTempDirs);

  const good: [string, TarSplitEntry][] = [
    [RAW, { kind: 'raw', bytes: Buffer.from([0, 1, 2]) }],
    ['{"type":2,"payload":null,"position":9}', { kind: 'raw', bytes: Buffer.alloc(0) }],
    [FILE, { kind: 'file', name: 'a/b', size: 3, crc: 'N3bEIAAAAAA=' }],
    [
      '{"type":1,"name":"d/","payload":null}',
      { kind: 'file', name: 'd/', size: 0, crc: undefined },
    ],
    ['{"type":1,"name":"é\\u0026"}', { kind: 'file', name: '\xc3\xa9&', size: 0, crc: undefined }],
    ['{"type":1,"name_raw":"/w=="}', { kind: 'file', name: '\xff', size: 0, crc: undefined }],
  ];
  for (const [line, entry] of good) {
    it(`reads ${line}`, () => {
      expect(tarSplitEntry(line)).to.deep.equal(entry);
    });
  }

  const bad = [
    ...['', '{', 'null', '1', '"x"', '[]', '{}', '{"type":3}', '{"type":"2"}', RAW.slice(0, -1)],
    ...['{"type":2,"payload":1}', '{"type":1,"name":7}', '{"type":1,"name_raw":{}}'],
    ...[
      '{"type":1,"size":-1}',
      '{"type":1,"size":1.5}',
      '{"type":1,"size":"1"}',
      '{"type":1,"size":1e300}',
    ],
  ];
  for (const line of bad) {
    it(`refuses ${JSON.stringify(line)}`, () => {
      expect(damageIn(() => tarSplitEntry(line))).to.not.equal(undefined);
    });
  }

  it('reads line by line, with and without a last line end', () => {
    for (const end of ['', '\n', '\n\n']) {
      const entries = [...tarSplitEntries(Buffer.from(`${RAW}\n${FILE}${end}`))];
      expect(entries.map(({ kind }) => kind)).to.deep.equal(['raw', 'file']);
    }
  });

  it('gives the same as a stream, however the file is cut into pieces', async () => {
    const text = `${FILE}\n${RAW}\n`.repeat(5000);
    const file = join(makeTempDir(), 'split');
    writeFileSync(file, gzipSync(text));
    const streamed: TarSplitEntry[] = [];
    for await (const entry of streamTarSplit(file)) streamed.push(entry);
    expect(streamed).to.deep.equal([...tarSplitEntries(readTarSplit(file))]);
    expect(streamed).to.have.length(10_000);
  });

  const broken: [string, (folder: string) => string][] = [
    ['is missing', (folder) => join(folder, 'nothing')],
    ['is a directory', (folder) => folder],
    ['is empty', (folder) => written(folder, Buffer.alloc(0))],
    ['is no gzip', (folder) => written(folder, Buffer.from(FILE))],
    ['is cut short', (folder) => written(folder, gzipSync(`${FILE}\n`.repeat(99)).subarray(0, -9))],
    ['lies about its length', (folder) => written(folder, withOtherEnd(gzipSync(FILE)))],
  ];
  for (const [name, make] of broken) {
    it(`refuses a file that ${name}`, async () => {
      const file = make(makeTempDir());
      const error = damageIn(() => readTarSplit(file));
      expect(error?.message).to.include(file);
      const streamed = await rejection('STORE_DAMAGED', () => lastOf(streamTarSplit(file)));
      expect(streamed.message).to.include(file);
    });
  }

  it('refuses what would unpack to too much, before it is unpacked', () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20), { level: 9 });
    // Members of a gzip file are one after the other, and so is what they unpack to.
    const file = written(makeTempDir(), Buffer.concat(Array.from({ length: 5 }, () => bomb)));
    expect(damageIn(() => readTarSplit(file))).to.not.equal(undefined);
  });

  it('refuses a stream with a line that has no end', async () => {
    const file = written(makeTempDir(), gzipSync(Buffer.alloc(80 * 2 ** 20, 'x'), { level: 1 }));
    await rejection('STORE_DAMAGED', () => lastOf(streamTarSplit(file)));
  });

  it('reads or refuses any text', () => {
    const piece = fc.oneof(
      fc.constantFrom(RAW, FILE, '\n', '{"type":1,', '"payload":', '"', '}', '\xff', '\0'),
      fc.json(),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        damageIn(() => [...tarSplitEntries(Buffer.from(pieces.join(''), 'latin1'))]);
      }),
      { numRuns: 500 },
    );
  });

  function written(folder: string, bytes: Buffer): string {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'split');
    writeFileSync(file, bytes);
    return file;
  }
});

function withOtherEnd(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(1, bytes.length - 4);
  return bytes;
}

async function lastOf<T>(values: AsyncIterable<T>): Promise<T | undefined> {
  let last: T | undefined;
  for await (const value of values) last = value;
  return last;
}
