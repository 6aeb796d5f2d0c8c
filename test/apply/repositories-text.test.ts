import { expect } from 'chai';
import fc from 'fast-check';

import { changedRepositories, type TagValue } from '../../src/apply/repositories-text.ts';
import { asImageID, type ImageID } from '../../src/domain/digest.ts';

const A = asImageID(`sha256:${'a'.repeat(64)}`)!;
const B = asImageID(`sha256:${'b'.repeat(64)}`)!;

describe('apply/repositories-text', () => {
  it('moves a tag and leaves the others where they were', () => {
    const text = `{"Repositories":{"a":{"a:1":"${A}","a@${A}":"${A}"},"b":{"b:1":"${A}"}}}`;
    expect(changedRepositories(text, [tag('a', 'a:1', B)])).to.equal(text.replace(A, B));
  });

  it('adds a tag, and a repository, in their places', () => {
    const text = `{"Repositories":{"b":{"b:2":"${A}"}}}`;
    const values = [tag('b', 'b:1', B), tag('a', 'a:1', B), tag('b', 'b:10', B)];
    expect(changedRepositories(text, values)).to.equal(
      `{"Repositories":{"a":{"a:1":"${B}"},"b":{"b:1":"${B}","b:10":"${B}","b:2":"${A}"}}}`,
    );
  });

  it('removes a tag, and with the last one its repository', () => {
    const text = `{"Repositories":{"a":{"a:1":"${A}"},"b":{"b:1":"${A}","b:2":"${A}"}}}`;
    const values = [tag('a', 'a:1', undefined), tag('b', 'b:1', undefined)];
    expect(changedRepositories(text, values)).to.equal(`{"Repositories":{"b":{"b:2":"${A}"}}}`);
  });

  it('gives the text itself when nothing changes, white space and all', () => {
    const text = ` {"Repositories": {"a":{"a:1":"${A}"}}, "More": 1}\n`;
    const values = [tag('a', 'a:1', A), tag('a', 'a:2', undefined), tag('x', 'x:1', undefined)];
    expect(changedRepositories(text, values)).to.equal(text);
    expect(changedRepositories(text, [])).to.equal(text);
  });

  it('keeps a repository without tags that it has not to do with', () => {
    const text = `{"Repositories":{"a":{"a:1":"${A}"},"empty":{}}}`;
    expect(changedRepositories(text, [tag('a', 'a:1', B)])).to.contain('"empty":{}');
  });

  it('begins a file that has no repositories yet', () => {
    for (const text of ['{}', '{"Repositories":null}', '{"Repositories":{}}']) {
      expect(changedRepositories(text, [tag('a', 'a:1', A)])).to.equal(
        `{"Repositories":{"a":{"a:1":"${A}"}}}`,
      );
    }
  });

  it('keeps keys that it does not know, on all levels', () => {
    const text = `{"Future":{"z":[1,2.5,null,true],"a":"<é>"},"Repositories":{"a":{"a:1":"${A}","odd":7}}}`;
    const changed: unknown = JSON.parse(changedRepositories(text, [tag('a', 'a:1', B)]));
    expect(changed).to.deep.equal(JSON.parse(text.replace(A, B)));
  });

  it('sorts names that look like integers as text, as Go does', () => {
    const text = `{"Repositories":{"10":{"10:1":"${A}"},"9":{"9:1":"${A}"}}}`;
    expect(changedRepositories(text, [tag('1', '1:1', B), tag('b', 'b:1', B)])).to.equal(
      `{"Repositories":{"1":{"1:1":"${B}"},"10":{"10:1":"${A}"},"9":{"9:1":"${A}"},"b":{"b:1":"${B}"}}}`,
    );
  });

  it('keeps names that mean something to JavaScript', () => {
    const text = `{"Repositories":{"__proto__":{"__proto__:1":"${A}"},"constructor":{"constructor:1":"${A}"},"tojson":{"toJSON":"${A}"}}}`;
    const changed = changedRepositories(text, [
      tag('__proto__', '__proto__:1', B),
      tag('constructor', 'constructor:2', B),
    ]);
    expect(changed).to.equal(
      `{"Repositories":{"__proto__":{"__proto__:1":"${B}"},"constructor":{"constructor:1":"${A}","constructor:2":"${B}"},"tojson":{"toJSON":"${A}"}}}`,
    );
  });

  it('is taken back by the former values: the same tags again', () => {
    const name = fc.constantFrom('a', 'b', 'reg:5000/c', '1', '10', '2', '__proto__');
    const id = fc.constantFrom(A, B);
    const change = fc.record({ name, number: fc.nat(3), id: fc.option(id, { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(change), fc.array(change), (some, others) => {
        const toTags = (drawn: typeof some): TagValue[] => [
          ...new Map(
            drawn.map((one) => {
              const key = `${one.name}:${one.number}`;
              return [key, tag(one.name, key, one.id)] as const;
            }),
          ).values(),
        ];
        const text = changedRepositories('{"Repositories":{}}', toTags(some));
        const changes = toTags(others);
        const before = JSON.parse(text) as { Repositories: Record<string, Record<string, string>> };
        const back = changes.map(({ repository, key }) => {
          const keys = Object.entries(before.Repositories).find(([one]) => one === repository)?.[1];
          return tag(repository, key, keys?.[key] as ImageID | undefined);
        });
        const there = changedRepositories(text, changes);
        expect(changedRepositories(there, changes), 'twice').to.equal(there);
        expect(changedRepositories(there, back), 'and back').to.equal(text);
      }),
    );
  });
});

function tag(repository: string, key: string, imageId: ImageID | undefined): TagValue {
  return { repository, key, imageId };
}
