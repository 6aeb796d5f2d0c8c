import { expect } from 'chai';

import { accountsOf, runAs } from '../../../src/checks/accounts/accounts.ts';

const users = accountsOf('root:x:0:0:root:/root:/bin/sh\n# no:x:1:1\nbad\nwww:x:33:34::/:\n');
const groups = accountsOf('root:x:0:\ndocker:x:999:www\nwww:x:33:\nempty:x::\n');

describe('accounts', () => {
  it('reads the lines that are accounts', () => {
    expect(users).to.deep.equal([
      { name: 'root', id: 0, group: 0 },
      { name: 'www', id: 33, group: 34 },
    ]);
    expect(groups.map(({ name }) => name)).to.deep.equal(['root', 'docker', 'www']);
  });

  const cases: [string, object][] = [
    ['www', { uid: 33, gid: 34 }],
    ['33', { uid: 33, gid: 34 }],
    ['1000', { uid: 1000, gid: 0 }],
    ['www:docker', { uid: 33, gid: 999 }],
    ['1000:7', { uid: 1000, gid: 7 }],
    [':docker', { uid: 0, gid: 999 }],
    ['nobody', { unknown: 'user', name: 'nobody' }],
    ['www:nogroup', { unknown: 'group', name: 'nogroup' }],
    ['99999999999', { unknown: 'user', name: '99999999999' }],
  ];
  for (const [user, expected] of cases) {
    it(`runs ${user} as ${JSON.stringify(expected)}`, () => {
      expect(runAs(user, { users, groups })).to.deep.equal(expected);
    });
  }
});
