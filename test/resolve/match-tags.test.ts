import { expect } from 'chai';

import { matchTags } from '../../src/resolve/match-tags.ts';

const KEYS = ['app:1', 'app:1.2', 'team/app:1', 'team/sub/app:1', 'host:5000/app:2', 'apx:1'];

describe('resolve/match-tags', () => {
  const cases: [string[], string[], string[]][] = [
    [['app'], [], ['app:1', 'app:1.2']],
    [['app:1'], [], ['app:1']],
    [['app:1*'], [], ['app:1', 'app:1.2']],
    [['ap?:1'], [], ['app:1', 'apx:1']],
    [['team/*'], [], ['team/app:1']],
    [['team/**'], [], ['team/app:1', 'team/sub/app:1']],
    [['**'], ['team/**', 'app'], ['host:5000/app:2', 'apx:1']],
    [['host:5000/app'], [], ['host:5000/app:2']],
    [['*'], [], ['app:1', 'app:1.2', 'apx:1']],
    [['app:1.2', 'app:1'], [], ['app:1', 'app:1.2']],
    [['a.p', 'a+', '(app)', 'app:[1]'], [], []],
  ];
  for (const [globs, excluded, expected] of cases) {
    const without = excluded.length === 0 ? '' : ` without ${excluded.join(' ')}`;
    it(`${globs.join(' ')}${without}: ${expected.join(' ') || 'nothing'}`, () => {
      expect(matchTags(KEYS, globs, excluded)).to.deep.equal(expected);
    });
  }
});
