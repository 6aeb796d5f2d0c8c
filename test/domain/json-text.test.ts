import { expect } from 'chai';
import fc from 'fast-check';

import {
  editText,
  foldsTo,
  insertProperty,
  keyOf,
  memberOf,
  parseJsonText,
  rawElementsOf,
  rawOf,
  removeProperty,
  replaceElements,
  valueOf,
  type JsonText,
  type Node,
} from '../../src/domain/json-text.ts';
import { arbitraryDelicate, arbitraryLayout, LAYOUTS } from './arbitrary-json.ts';

/** The value under a key of the top-level object. */
function valueAt({ root }: JsonText, key: string): Node {
  return valueOf(memberOf(root, key)!)!;
}

function withElements(text: string, key: string, elements: readonly string[]): string {
  const json = parseJsonText(text);
  return editText(text, [replaceElements(json, valueAt(json, key), elements)]);
}

describe('json-text', () => {
  describe('parsing', () => {
    const invalid = [
      '',
      '{',
      '{"a":1,}',
      '[1,2,]',
      '{"a":1} x',
      '// comment\n{}',
      '/**/{}',
      "{'a':1}",
      '{a:1}',
      '\ufeff{}',
      'undefined',
      '01',
      '"\u0001"',
    ];
    for (const text of invalid) {
      it(`refuses ${JSON.stringify(text)}`, () => {
        expect(() => parseJsonText(text)).to.throw(SyntaxError);
      });
    }

    // jsonc-parser descends by recursion, JSON.parse does not: an image made to break a tool.
    for (const depth of [5_000, 20_000, 200_000]) {
      it(`reads ${depth} levels or refuses them as a SyntaxError`, () => {
        const text = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
        let root: Node | undefined;
        try {
          ({ root } = parseJsonText(text));
        } catch (error) {
          expect(error).to.be.instanceOf(SyntaxError);
          return;
        }
        expect(root.type).to.equal('object');
      });
    }
  });

  describe("keys, by Go's rules", () => {
    const cases: [string, string, boolean][] = [
      ['rootfs', 'rootfs', true],
      ['rootfS', 'rootfs', true],
      ['ROOTFS', 'rootfs', true],
      ['rootf\u017f', 'rootfs', true],
      ['Diff_IDs', 'diff_ids', true],
      ['diffids', 'diff_ids', false],
      ['rootfs ', 'rootfs', false],
      ['rootf\u00df', 'rootfs', false],
      ['', 'rootfs', false],
    ];
    for (const [key, name, folds] of cases) {
      it(`${JSON.stringify(key)} ${folds ? 'reads' : 'does not read'} as ${name}`, () => {
        expect(foldsTo(key, name)).to.equal(folds);
        const { root } = parseJsonText(JSON.stringify({ other: 0, [key]: 1 }));
        expect(memberOf(root, name)?.children?.[1]?.value as unknown).to.equal(
          folds ? 1 : undefined,
        );
      });
    }

    it('sees through escapes in a key', () => {
      const { root } = parseJsonText('{"rootf\\u0073":1}');
      const property = memberOf(root, 'rootfs');
      expect(property === undefined ? undefined : keyOf(property)).to.equal('rootfs');
    });

    for (const text of ['{"rootfs":1,"rootfS":2}', '{"rootfs":1,"rootfs":2}']) {
      it(`refuses to choose in ${text}`, () => {
        expect(() => memberOf(parseJsonText(text).root, 'rootfs')).to.throw(
          SyntaxError,
          /several keys read as "rootfs"/,
        );
      });
    }
  });

  it('gives the exact texts of elements', () => {
    const text = '{"a":[ 1.0,"\\u003c" ,{"b" : [] }\n]}';
    expect(rawElementsOf(text, valueAt(parseJsonText(text), 'a'))).to.deep.equal([
      '1.0',
      '"\\u003c"',
      '{"b" : [] }',
    ]);
    expect(rawOf(text, valueAt(parseJsonText(text), 'a'))).to.equal(
      '[ 1.0,"\\u003c" ,{"b" : [] }\n]',
    );
    expect(rawElementsOf(text, undefined)).to.deep.equal([]);
    expect(rawElementsOf('{"a":null}', valueAt(parseJsonText('{"a":null}'), 'a'))).to.deep.equal(
      [],
    );
  });

  describe('replacing elements', () => {
    const cases: [string, string[], string][] = [
      ['{"a":[1,2]}', ['3'], '{"a":[3]}'],
      ['{"a":[1]}', ['3', '4'], '{"a":[3,4]}'],
      ['{"a":[ 1 , 2 ]}', ['3', '4', '5'], '{"a":[ 3 , 4 , 5 ]}'],
      ['{"a": [\n    1\n  ]\n}', ['3', '4'], '{"a": [\n    3,\n    4\n  ]\n}'],
      ['{"a":[\r\n\t1,\r\n\t2\r\n]}', ['3'], '{"a":[\r\n\t3\r\n]}'],
      ['{"a":[]}', ['3', '4'], '{"a":[3,4]}'],
      ['{"a":null}', ['3'], '{"a":[3]}'],
      ['{"a":[1,2]}', [], '{"a":[]}'],
    ];
    for (const [text, elements, expected] of cases) {
      it(`${JSON.stringify(text)} -> [${elements.join(' ')}]`, () => {
        expect(withElements(text, 'a', elements)).to.equal(expected);
      });
    }
  });

  it('leaves every byte outside the edited array as it was', () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryDelicate, { maxLength: 3 }),
        fc.array(arbitraryDelicate, { maxLength: 3 }),
        fc.array(arbitraryDelicate, { maxLength: 4 }),
        fc.array(arbitraryDelicate, { maxLength: 4 }),
        fc.constantFrom('', ' ', '\n', '\r\n\t'),
        (before, after, old, replacement, space) => {
          const head = `{${before.map((raw, index) => `"x${index}":${space}${raw},${space}`).join('')}"list":${space}`;
          const tail = `${space}${after.map((raw, index) => `,"y${index}" :${raw}${space}`).join('')}}${space}`;
          const text = `${head}[${space}${old.join(`,${space}`)}${space}]${tail}`;
          const edited = withElements(text, 'list', replacement);
          expect(edited.startsWith(head), edited).to.equal(true);
          expect(edited.endsWith(tail), edited).to.equal(true);
          expect(rawElementsOf(edited, valueAt(parseJsonText(edited), 'list'))).to.deep.equal(
            replacement,
          );
        },
      ),
    );
  });

  for (const { name, print } of LAYOUTS) {
    it(`gives the first bytes again when elements are put back (${name})`, () => {
      const element = fc.constantFrom<unknown>('a', 1.5, { b: [1, { c: null }] }, [], {});
      const list = fc.array(element, { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(list, list, (first, second) => {
          const text = print({ before: [0, 1], list: first, then: { z: 1 } });
          const elements = rawElementsOf(text, valueAt(parseJsonText(text), 'list'));
          const other = second.map((value) => JSON.stringify(value));
          const back = withElements(withElements(text, 'list', other), 'list', elements);
          expect(back).to.equal(text);
        }),
      );
    });
  }

  describe('adding a key where Go writes it', () => {
    const cases: [string, string][] = [
      ['{"a":1,"z":2}', '{"a":1,"history":[],"z":2}'],
      ['{"os":1}', '{"history":[],"os":1}'],
      ['{"a":1,"b":2}', '{"a":1,"b":2,"history":[]}'],
      ['{}', '{"history":[]}'],
      ['{\n  "a": 1,\n  "z": 2\n}', '{\n  "a": 1,\n  "history": [],\n  "z": 2\n}'],
      ['{\n  "a": 1\n}', '{\n  "a": 1,\n  "history": []\n}'],
      ['{ "z": 1 }', '{ "history": [], "z": 1 }'],
    ];
    for (const [text, expected] of cases) {
      it(JSON.stringify(text), () => {
        const json = parseJsonText(text);
        const edit = insertProperty(json, json.root, { key: 'history', value: '[]' });
        expect(editText(text, [edit])).to.equal(expected);
      });
    }
  });

  describe('removing a key with its comma', () => {
    const cases: [string, string][] = [
      ['{"a":1,"history":[],"z":2}', '{"a":1,"z":2}'],
      ['{"history":[],"z":2}', '{"z":2}'],
      ['{"a":1,"history":[]}', '{"a":1}'],
      ['{"history":[]}', '{}'],
      ['{ "a":1 , "History" : [1,2] }', '{ "a":1 }'],
    ];
    for (const [text, expected] of cases) {
      it(JSON.stringify(text), () => {
        const { root } = parseJsonText(text);
        const property = memberOf(root, 'history')!;
        expect(editText(text, [removeProperty(root, property)])).to.equal(expected);
      });
    }
  });

  it('gives the first bytes again when an added key is removed', () => {
    const keys = fc.uniqueArray(fc.constantFrom('architecture', 'config', 'os', 'rootfs', 'Zz'), {
      minLength: 1,
    });
    fc.assert(
      fc.property(keys, arbitraryLayout, (names, { print }) => {
        const text = print(Object.fromEntries(names.map((name) => [name, { [name]: [1, 2] }])));
        const json = parseJsonText(text);
        const edit = insertProperty(json, json.root, { key: 'history', value: '[1,2]' });
        const added = editText(text, [edit]);
        const again = parseJsonText(added).root;
        const property = memberOf(again, 'history')!;
        expect(editText(added, [removeProperty(again, property)])).to.equal(text);
      }),
    );
  });
});
