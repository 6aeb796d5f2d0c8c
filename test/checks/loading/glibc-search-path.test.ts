import { expect } from 'chai';

import { expanded, systemFolders } from '../../../src/checks/loading/glibc-search-path.ts';
import { exampleFact } from './example-fact.ts';

const DEBIAN = '/lib/x86_64-linux-gnu/\0/usr/lib/x86_64-linux-gnu/\0/lib/\0/usr/lib/\0';

describe('folders compiled into glibc', () => {
  it('are read from the loader', () => {
    expect(systemFolders(`x\0/dev/full\0${DEBIAN}/etc/ld.so.cache\0`, exampleFact())).to.deep.equal(
      ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib', '/usr/lib'],
    );
    expect(systemFolders('\0/lib64/\0/usr/lib64/\0\0', exampleFact())).to.deep.equal([
      '/lib64',
      '/usr/lib64',
    ]);
  });

  it('are the usual ones where the loader does not tell', () => {
    expect(systemFolders('', exampleFact({ machine: 183 }))).to.deep.equal([
      '/lib/aarch64-linux-gnu',
      '/usr/lib/aarch64-linux-gnu',
      '/lib64',
      '/usr/lib64',
      '/lib',
      '/usr/lib',
    ]);
    expect(systemFolders('', exampleFact({ machine: 9999, bits: 32 }))).to.deep.equal([
      '/lib',
      '/usr/lib',
    ]);
  });
});

describe('dynamic string tokens', () => {
  const cases: [string, string][] = [
    ['/opt', '/opt'],
    ['$ORIGIN/lib', '/srv/bin/lib'],
    ['${ORIGIN}$LIB', '/srv/binlib/x86_64-linux-gnu'],
    ['/x/$PLATFORM', '/x/x86_64'],
    ['$ORIGINAL/$OTHER/$', '$ORIGINAL/$OTHER/$'],
  ];
  for (const [text, expected] of cases) {
    it(text, () => {
      const system = ['/lib/x86_64-linux-gnu', '/lib'];
      expect(expanded(text, '/srv/bin', system, exampleFact())).to.equal(expected);
    });
  }

  it('$LIB is the folder that comes first', () => {
    expect(expanded('/a/$LIB', '', ['/usr/lib64'], exampleFact())).to.equal('/a/lib64');
  });
});
