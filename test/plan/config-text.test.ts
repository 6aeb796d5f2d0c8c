import { expect } from 'chai';
import fc from 'fast-check';

import { historyIn, rebasedConfigText } from '../../src/plan/config-text.ts';
import { arbitraryDelicate, arbitraryLayout } from '../domain/arbitrary-json.ts';
import { diffIdsOf, rawHistory } from '../resolve/example-snapshot.ts';

const [A, B, X] = diffIdsOf(['a', 'b', 'x']);
const OLD_IDS = `["${A!}","${X!}"]`;
const NEW_IDS = `["${B!}","${X!}"]`;

describe('config-text', () => {
  describe('what is edited', () => {
    const cases: [string, string, string[], string][] = [
      [
        'DiffIDs and history in place',
        `{"architecture":"amd64","history":[{"created_by":"A"},{"created_by":"X"}],"os":"linux","rootfs":{"type":"layers","diff_ids":${OLD_IDS}}}`,
        ['{"created_by":"B"}', '{"created_by":"X"}'],
        `{"architecture":"amd64","history":[{"created_by":"B"},{"created_by":"X"}],"os":"linux","rootfs":{"type":"layers","diff_ids":${NEW_IDS}}}`,
      ],
      [
        'a history where there was none: in the order of the keys',
        `{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":${OLD_IDS}}}`,
        ['{}'],
        `{"architecture":"amd64","history":[{}],"os":"linux","rootfs":{"diff_ids":${NEW_IDS}}}`,
      ],
      [
        'a history where all keys sort before it, the last being rootfs',
        `{"architecture":"amd64","RootFS":{"diff_ids":${OLD_IDS}}}`,
        ['{}'],
        `{"architecture":"amd64","RootFS":{"diff_ids":${NEW_IDS}},"history":[{}]}`,
      ],
      [
        'a history that is null',
        `{"history":null,"rootfs":{"diff_ids":${OLD_IDS}}}`,
        ['{}'],
        `{"history":[{}],"rootfs":{"diff_ids":${NEW_IDS}}}`,
      ],
      [
        'a history that goes',
        `{"history":[{}],"os":"linux","rootfs":{"diff_ids":${OLD_IDS}}}`,
        [],
        `{"os":"linux","rootfs":{"diff_ids":${NEW_IDS}}}`,
      ],
      [
        'an empty history that stays empty',
        `{"history":[ ],"rootfs":{"diff_ids":${OLD_IDS}}}`,
        [],
        `{"history":[ ],"rootfs":{"diff_ids":${NEW_IDS}}}`,
      ],
      [
        'DiffIDs that were null',
        '{"rootfs":{"type":"layers","diff_ids":null}}',
        [],
        `{"rootfs":{"type":"layers","diff_ids":${NEW_IDS}}}`,
      ],
      ['DiffIDs that were absent', '{"rootfs":{}}', [], `{"rootfs":{"diff_ids":${NEW_IDS}}}`],
      [
        "keys in Go's other spellings",
        `{"History":[{}],"rootfS":{"Diff_IDs":${OLD_IDS}}}`,
        ['{"a":1}'],
        `{"History":[{"a":1}],"rootfS":{"Diff_IDs":${NEW_IDS}}}`,
      ],
    ];
    for (const [name, text, history, expected] of cases) {
      it(name, () => {
        expect(rebasedConfigText(text, [B!, X!], history)).to.equal(expected);
      });
    }
  });

  describe('what could be meant in two ways', () => {
    const cases: [string, string][] = [
      ['rootfs twice', `{"rootfs":{"diff_ids":${OLD_IDS}},"rootfs":{"diff_ids":${OLD_IDS}}}`],
      ['rootfs and rootfS', `{"rootfs":{"diff_ids":${OLD_IDS}},"rootfS":{"diff_ids":[]}}`],
      ['diff_ids twice', `{"rootfs":{"diff_ids":${OLD_IDS},"Diff_ids":${OLD_IDS}}}`],
      ['history twice', `{"history":[],"HISTORY":[],"rootfs":{"diff_ids":${OLD_IDS}}}`],
    ];
    for (const [name, text] of cases) {
      it(name, () => {
        expect(() => rebasedConfigText(text, [B!, X!], [])).to.throw(SyntaxError, /several keys/);
      });
    }

    it('no rootfs', () => {
      for (const text of ['{}', '{"rootfs":[]}', '{"rootfs":null}']) {
        expect(() => rebasedConfigText(text, [B!], [])).to.throw(SyntaxError);
      }
    });
  });

  it('gives each entry of the history with its exact text', () => {
    const raw = ['{ "created_by" : "A \\u0026 B" }', '{"empty_layer":true}'];
    const { entries, raw: found } = historyIn(`{"rootfs":{},"History":[\n ${raw.join(' ,\n')}\n]}`);
    expect(found).to.deep.equal(raw);
    expect(entries.map(({ createdBy, emptyLayer }) => [createdBy, emptyLayer])).to.deep.equal([
      ['A & B', false],
      ['', true],
    ]);
    expect(historyIn('{"rootfs":{}}')).to.deep.equal({ entries: [], raw: [] });
    expect(historyIn('{"history":null,"rootfs":{}}')).to.deep.equal({ entries: [], raw: [] });
  });

  it('leaves every other byte as it was', () => {
    const unknown = fc.array(arbitraryDelicate, { maxLength: 3 });
    fc.assert(
      fc.property(
        unknown,
        unknown,
        unknown,
        fc.constantFrom('', ' ', '\r\n  ', '\t'),
        (first, second, third, space) => {
          const keys = (name: string, values: readonly string[]): string =>
            values.map((raw, index) => `"${name}${index}":${space}${raw},${space}`).join('');
          const around = (history: string, ids: string): string =>
            `{${space}${keys('a', first)}"history":${space}[${history}],${keys('i', second)}` +
            `"rootfs":{${keys('r', third)}"type":"layers",${space}"diff_ids":${ids}${space}}${space}}\n`;
          const text = around('{"created_by":"A"}', OLD_IDS);
          expect(rebasedConfigText(text, [B!, X!], ['{"created_by":"B"}'])).to.equal(
            around('{"created_by":"B"}', NEW_IDS),
          );
        },
      ),
    );
  });

  it('changes nothing when everything stays, however it is printed', () => {
    fc.assert(
      fc.property(
        arbitraryLayout,
        fc.array(fc.constantFrom('ADD a', 'ENV x (e)'), { minLength: 1, maxLength: 4 }),
        ({ print }, lines) => {
          const text = print({
            history: rawHistory(lines).map((raw): unknown => JSON.parse(raw)),
            rootfs: { diff_ids: [A, X] },
          });
          expect(rebasedConfigText(text, [A!, X!], historyIn(text).raw)).to.equal(text);
        },
      ),
    );
  });
});
