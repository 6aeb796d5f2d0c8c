import { expect } from 'chai';
import fc from 'fast-check';

import type { ContentCheck } from '../../src/checks/content-facts.ts';
import { distroCheck } from '../../src/checks/distro.ts';
import { libcCheck } from '../../src/checks/libc.ts';
import { redirectCheck } from '../../src/checks/redirect.ts';
import { replacedDirCheck } from '../../src/checks/replaced-dir.ts';
import { shadowedCheck } from '../../src/checks/shadowed.ts';
import {
  contentFacts,
  directory,
  elf,
  file,
  findingsOf,
  layer,
  layerWithoutChecksums,
  opaque,
  rpmDatabase,
  symlink,
  whiteout,
  type ExampleLayer,
  type Item,
} from './example-content.ts';

const CHECKS: readonly ContentCheck[] = [
  distroCheck,
  libcCheck,
  redirectCheck,
  replacedDirCheck,
  shadowedCheck,
];

/** Few names, so that layers meet; odd ones among them. */
const NAMES = [
  'bin',
  'lib',
  'etc',
  'usr',
  'var/lib/dpkg',
  'etc/passwd',
  'etc/os-release',
  'var/lib/dpkg/status',
  'lib/apk/db/installed',
  'var/lib/rpm/rpmdb.sqlite',
  'lib/ld-musl-x86_64.so.1',
  'lib64/ld-linux-x86-64.so.2',
  'lib/libc.so.6',
  'usr/lib/libssl.so.3',
  'usr/bin/a\nb',
  'srv/\xff\xfe',
  'srv/x',
];

const content = fc.constantFrom(
  '',
  'one',
  'two',
  'ID=debian\n',
  'root:x:0:0\n',
  'Package: a\nVersion: 1\n',
);

const item: fc.Arbitrary<Item> = fc.oneof(
  content.map((text) => file(text)),
  fc.constantFrom<Item>(
    directory(),
    directory({ mode: 0o700 }),
    opaque(),
    whiteout(),
    elf({ versionsDefined: ['GLIBC_2.1'] }),
    elf({ interpreter: '/lib/ld-musl-x86_64.so.1' }),
    rpmDatabase([{ name: 'a', version: '1', architecture: '' }]),
    symlink('usr/bin'),
    symlink('/lib'),
    symlink('../../..'),
    symlink('bin'),
  ),
);

/** As in a real layer: directories are named, and nothing lies below what is none. */
function sound(items: Readonly<Record<string, Item>>): Record<string, Item> {
  const whole: Record<string, Item> = {};
  for (const path of Object.keys(items).sort()) {
    const names = path.split('/');
    for (const at of names.keys()) {
      const way = names.slice(0, at + 1).join('/');
      whole[way] ??= items[way] ?? directory();
      if (!isDirectory(whole[way])) break;
    }
  }
  return whole;
}

function isDirectory(here: Item | undefined): boolean {
  return here?.kind === 'opaque' || (here?.kind === 'entry' && here.entry.type === 'directory');
}

const anyLayer: fc.Arbitrary<ExampleLayer> = fc
  .tuple(fc.dictionary(fc.constantFrom(...NAMES), item, { maxKeys: 8 }), fc.boolean())
  .map(([items, known]) => (known ? layer(sound(items)) : layerWithoutChecksums(sound(items))));

const stack = fc.array(anyLayer, { maxLength: 3 });

describe('laws of the checks on contents', () => {
  it('nothing is found between a base and itself', () => {
    fc.assert(
      fc.property(stack, stack, (base, app) => {
        const facts = contentFacts({ oldBase: base, newBase: base, app });
        for (const check of CHECKS) expect(findingsOf(check, facts), check.name).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });

  it('nothing is shadowed or replaced without app layers', () => {
    fc.assert(
      fc.property(stack, stack, (oldBase, newBase) => {
        const facts = contentFacts({ oldBase, newBase });
        for (const check of [shadowedCheck, replacedDirCheck, redirectCheck]) {
          expect(findingsOf(check, facts), check.name).to.deep.equal([]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('what is shadowed or replaced names a path of the app layers, and why', () => {
    fc.assert(
      fc.property(stack, stack, stack, (oldBase, newBase, app) => {
        const facts = contentFacts({ oldBase, newBase, app });
        const held = app.flatMap(({ index: { entries, whiteouts, opaque: hidden } }) => [
          ...entries.map(({ path }) => path),
          ...whiteouts,
          ...hidden,
        ]);
        for (const check of [shadowedCheck, replacedDirCheck]) {
          for (const { path = '', why, layers } of findingsOf(check, facts)) {
            const isHeld = held.some((each) => path === `/${each}` || path.startsWith(`/${each}/`));
            expect(isHeld, `${check.name} ${path}`).to.equal(true);
            expect(why).to.be.a('string');
            expect(layers).not.to.deep.equal([]);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('nothing is shadowed where the uppermost app layers are those of the new base', () => {
    fc.assert(
      fc.property(stack, stack, stack, (oldBase, newBase, app) => {
        const facts = contentFacts({ oldBase, newBase, app: [...app, ...newBase] });
        expect(findingsOf(shadowedCheck, facts)).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
  });
});
