import { expect } from 'chai';
import { keepRecent } from '../../src/api/keep-recent.ts';

describe('api/keep-recent', () => {
  it('makes each thing once', () => {
    const { ask, made } = recent(10);
    expect([ask('a'), ask('b'), ask('a')]).to.deep.equal(['A', 'B', 'A']);
    expect(made).to.deep.equal(['a', 'b']);
  });

  it('lets go of what was not used for longest, when it gets too heavy', () => {
    const { ask, made } = recent(2);
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) ask(key);
    expect(made).to.deep.equal(['a', 'b', 'c', 'b']);
  });

  it('gives what is too heavy to keep, and keeps it until the next', () => {
    const { ask, made } = recent(1);
    for (const key of ['heavy', 'heavy', 'a', 'heavy']) ask(key);
    expect(made).to.deep.equal(['heavy', 'a', 'heavy']);
  });

  function recent(limit: number): { ask: (key: string) => string; made: string[] } {
    const made: string[] = [];
    const kept = keepRecent<string, string>(limit, ({ length }) => length);
    const make = (key: string): string => {
      made.push(key);
      return key.toUpperCase();
    };
    return { ask: (key) => kept.get(key, () => make(key)), made };
  }
});
