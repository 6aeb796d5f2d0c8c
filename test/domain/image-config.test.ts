import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import fc from 'fast-check';

import {
  historyStartsWith,
  layersIn,
  parseImageConfig,
  platformName,
  sameInstruction,
  type HistoryEntry,
} from '../../src/domain/image-config.ts';

const DIFF_ID = `sha256:${'1'.repeat(64)}`;

function config(fields: Record<string, unknown>): string {
  return JSON.stringify({ rootfs: { type: 'layers', diff_ids: [DIFF_ID] }, ...fields });
}

function entry(fields: Partial<HistoryEntry>): HistoryEntry {
  return { createdBy: '', comment: '', author: '', created: '', emptyLayer: false, ...fields };
}

describe('image-config', () => {
  it('reads the config of the seed document', () => {
    const text = readFileSync(
      new URL('../../testdata/changed-ubuntu.image-config', import.meta.url),
      'utf8',
    );
    const { diffIds, history, platform, created, labels } = parseImageConfig(text);
    expect(diffIds).to.have.length(5);
    expect(history).to.have.length(6);
    expect(layersIn(history)).to.equal(5);
    expect(history[5]?.createdBy).to.equal('|0 /bin/sh -c echo "Hello wrold" > /tmp/newfile');
    expect(platform).to.deep.equal({ os: 'linux', architecture: 'amd64', variant: '' });
    expect(created).to.equal('2020-09-22T07:01:12.586900997Z');
    expect(labels.size).to.equal(0);
  });

  describe('what is missing', () => {
    const cases: [string, string][] = [
      ['no history', config({})],
      ['a history that is null', config({ history: null })],
      ['an empty history', config({ history: [] })],
      ['DiffIDs that are null', '{"rootfs":{"diff_ids":null}}'],
      ['no DiffIDs', '{"rootfs":{}}'],
    ];
    for (const [name, text] of cases) {
      it(`${name}: an empty list`, () => {
        const parsed = parseImageConfig(text);
        expect(parsed.history).to.deep.equal([]);
        expect(parsed.diffIds).to.have.length(text.includes(DIFF_ID) ? 1 : 0);
      });
    }

    it('fields of a history entry: empty text, and a layer', () => {
      expect(parseImageConfig(config({ history: [{}] })).history).to.deep.equal([entry({})]);
      expect(parseImageConfig(config({ history: [{ created: null }] })).history).to.deep.equal([
        entry({}),
      ]);
    });

    it('config, or labels, or a label that is no text', () => {
      for (const value of [null, [], 'x', { Labels: null }, { Labels: [] }, { labels: 'x' }]) {
        expect(parseImageConfig(config({ config: value })).labels.size).to.equal(0);
      }
      expect([
        ...parseImageConfig(config({ config: { Labels: { a: 'x', b: 1 } } })).labels,
      ]).to.deep.equal([
        ['a', 'x'],
        ['b', ''],
      ]);
    });
  });

  it("reads keys by Go's rules", () => {
    const parsed = parseImageConfig(
      JSON.stringify({
        OS: 'linux',
        Architecture: 'arm',
        VARIANT: 'v7',
        rootfS: { Diff_Ids: [DIFF_ID] },
        History: [{ Created_By: 'RUN x', Empty_Layer: true, COMMENT: 'c', Author: 'me' }],
        Config: { LABELS: { Key: 'Value' } },
      }),
    );
    expect(parsed.diffIds).to.deep.equal([DIFF_ID]);
    expect(parsed.platform).to.deep.equal({ os: 'linux', architecture: 'arm', variant: 'v7' });
    expect(parsed.history).to.deep.equal([
      entry({ createdBy: 'RUN x', emptyLayer: true, comment: 'c', author: 'me' }),
    ]);
    expect([...parsed.labels]).to.deep.equal([['Key', 'Value']]);
  });

  describe('what dockerd could not use either', () => {
    const deep = 100_000;
    const cases: [string, string, RegExp][] = [
      ['no JSON', 'x', /./],
      ['nothing', '', /./],
      ['cut off', config({}).slice(0, -1), /./],
      ['a list', '[]', /no JSON object/],
      ['null', 'null', /no JSON object/],
      ['a text', '"x"', /no JSON object/],
      ['a number', '1', /no JSON object/],
      ['no rootfs', '{}', /no rootfs/],
      ['a rootfs that is null', '{"rootfs":null}', /no rootfs/],
      ['a rootfs that is a list', '{"rootfs":[]}', /no rootfs/],
      ['a rootfs that is a text', '{"rootfs":"layers"}', /no rootfs/],
      ['rootfs only as a prototype', '{"__proto__":{"rootfs":{}}}', /no rootfs/],
      ['DiffIDs in an object', '{"rootfs":{"diff_ids":{"0":"x"}}}', /diff_ids is no list/],
      ['DiffIDs in a text', `{"rootfs":{"diff_ids":"${DIFF_ID}"}}`, /diff_ids is no list/],
      ['a DiffID that is null', '{"rootfs":{"diff_ids":[null]}}', /diff_ids\[0\] is no digest/],
      ['a DiffID without sha256:', `{"rootfs":{"diff_ids":["${'1'.repeat(64)}"]}}`, /\[0\]/],
      [
        'a second DiffID in capitals',
        JSON.stringify({ rootfs: { diff_ids: [DIFF_ID, `sha256:${'A'.repeat(64)}`] } }),
        /diff_ids\[1\] is no digest/,
      ],
      ['a DiffID with a newline', `{"rootfs":{"diff_ids":["${DIFF_ID}\\n"]}}`, /no digest/],
      ['a DiffID in a list', `{"rootfs":{"diff_ids":[["${DIFF_ID}"]]}}`, /no digest/],
      ['a history in an object', config({ history: {} }), /history is no list/],
      ['a history in a text', config({ history: 'x' }), /history is no list/],
      ['an entry that is null', config({ history: [{}, null] }), /history\[1\] is no object/],
      ['an entry that is a list', config({ history: [[]] }), /history\[0\] is no object/],
      ['an entry that is a text', config({ history: ['RUN x'] }), /history\[0\] is no object/],
      ['Windows', config({ os: 'windows' }), /its os is "windows"/],
      ['an os in capitals', config({ os: 'Linux' }), /its os is "Linux"/],
      ['deep nesting', `{"rootfs":${'['.repeat(deep)}${']'.repeat(deep)}}`, /no rootfs/],
      ['deep nesting, cut off', `{"rootfs":${'{"a":'.repeat(deep)}`, /./],
    ];
    for (const [name, text, why] of cases) {
      it(name, () => {
        expect(() => parseImageConfig(text)).to.throw(SyntaxError, why);
      });
    }

    it('never throws anything but a SyntaxError', () => {
      const value = fc.jsonValue({ maxDepth: 3 });
      const key = fc.constantFrom('rootfs', 'os', 'history', 'config', 'diff_ids', 'Labels', 'x');
      const object = fc.dictionary(key, fc.oneof(value, fc.dictionary(key, value)));
      fc.assert(
        fc.property(fc.oneof(object, value), (document) => {
          try {
            parseImageConfig(JSON.stringify(document));
          } catch (error) {
            expect(error).to.be.instanceOf(SyntaxError);
          }
        }),
        { numRuns: 500 },
      );
    });
  });

  describe('comparing histories', () => {
    const run = entry({ createdBy: 'RUN x' });

    it('leaves out when an instruction ran', () => {
      expect(sameInstruction(run, { ...run, created: '2020-01-01T00:00:00Z' })).to.equal(true);
    });

    for (const other of [
      { createdBy: 'RUN y' },
      { comment: 'buildkit.dockerfile.v0' },
      { author: 'me' },
      { emptyLayer: true },
    ]) {
      it(`sees another ${Object.keys(other).join()}`, () => {
        expect(sameInstruction(run, { ...run, ...other })).to.equal(false);
      });
    }

    it('begins with nothing, with itself, and with no more than itself', () => {
      const cmd = entry({ createdBy: 'CMD', emptyLayer: true });
      expect(historyStartsWith([run, cmd], [])).to.equal(true);
      expect(historyStartsWith([run, cmd], [run])).to.equal(true);
      expect(historyStartsWith([run, cmd], [run, cmd])).to.equal(true);
      expect(historyStartsWith([run, cmd], [cmd])).to.equal(false);
      expect(historyStartsWith([run], [run, cmd])).to.equal(false);
    });
  });

  describe('the name of a platform', () => {
    const cases: [string, string, string, string][] = [
      ['linux', 'amd64', '', 'linux/amd64'],
      ['linux', 'arm', 'v7', 'linux/arm/v7'],
      ['', '', '', 'linux/unknown'],
    ];
    for (const [os, architecture, variant, name] of cases) {
      it(name, () => {
        expect(platformName({ os, architecture, variant })).to.equal(name);
      });
    }
  });
});
