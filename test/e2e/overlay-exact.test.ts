/**
 * What is seen through an exchanged base layer against the kernel: pairs of stacks of layers, both
 * mounted with overlayfs, must look the same in everything that a process can ask for.
 */
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import fc from 'fast-check';

import type { CloneMode } from '../../src/domain/report.ts';
import { fillOddLayer } from '../apply/odd-layer.ts';
import { diffTrees, readTree } from '../support/tree-state.ts';
import { sweepFolder, tempFolder } from './support/cleanup.ts';
import { linesOf, type View } from './support/mounted-view.ts';
import { OverlayBench, treeOfStack, withBundle, type Stack } from './support/overlay-bench.ts';
import { arbitraryLayer, layer, type Kind, type Layer } from './support/random-layers.ts';

const MODES = ['auto', 'link', 'copy'] as const satisfies readonly CloneMode[];

describe('an exchanged base layer', () => {
  let folder: string;
  let bench: OverlayBench;
  before(() => {
    folder = tempFolder();
  });
  beforeEach(() => {
    bench = new OverlayBench(folder);
  });
  afterEach(() => {
    bench.remove();
  });
  after(() => {
    sweepFolder(folder);
  });

  it('shows the new base, below an app too, and the new base built on the old one', async () => {
    await holds(12, async ({ mode, shared, rest: [old, wanted = []], app }) => {
      const below = bench.stack(shared);
      const oldStack = [...below, ...bench.stack(old)];
      const newStack = [...below, ...bench.stack(wanted)];
      const apps = bench.stack(app);
      if (oldStack.length === 0 || newStack.length === 0) return;
      const switched = await bench.switched(oldStack, treeOfStack(newStack), mode);
      expectSame(switched, newStack);
      expectSame([...switched, ...apps], [...newStack, ...apps]);
      if (old.length > 0) return;
      const onOld = newStack.slice(oldStack.length);
      expectSame([...switched, ...onOld], newStack);
    });
  });

  it('shows the new bases of bundles, one after the other', async () => {
    await holds(8, async ({ mode, shared, rest }) => {
      const below = bench.stack(shared);
      const stacks = rest.map((layers) => [...below, ...bench.stack(layers)]);
      const [first = [], ...others] = stacks;
      if (stacks.some((stack) => stack.length === 0)) return;
      let now: Stack = first;
      let before: Stack = first;
      for (const wanted of others) {
        const bundle = await bench.bundle(before, wanted, mode);
        now = await bench.switched(now, withBundle(now, bundle), mode);
        expectSame(now, wanted);
        before = wanted;
      }
    });
  });

  it('shows with a bundle that keeps old files the new base, and what only the old one had', async () => {
    await holds(8, async ({ mode, shared, rest: [old, wanted = []] }) => {
      const below = bench.stack(shared);
      const oldStack = [...below, ...bench.stack(old)];
      const newStack = [...below, ...bench.stack(wanted)];
      if (oldStack.length === 0 || newStack.length === 0) return;
      const bundle = await bench.bundle(oldStack, newStack, mode, { keepOld: true });
      const switched = await bench.switched(oldStack, withBundle(oldStack, bundle), mode);
      expectUnion(bench.view(switched), bench.view(oldStack), bench.view(newStack));
    });
  });

  const known: [string, Named][] = [
    [
      'what seeds/000 could not copy: directories that are deleted, empty or not',
      {
        old: [layer({ blob: 'dir', 'tmp/ssh': 'dir', 'log/tuned': 'dir', 'log/tuned/a': 'file' })],
        wanted: [
          layer({ blob: 'dir', 'tmp/ssh': 'dir', 'log/tuned': 'dir', 'log/tuned/a': 'file' }),
          layer({ blob: 'whiteout', 'tmp/ssh': 'whiteout', 'log/tuned': 'whiteout' }),
        ],
      },
    ],
    [
      'a whiteout over a directory of the new base itself, and of the shared layers',
      {
        shared: [layer({ 'd/e': 'dir', 'd/e/f': 'file' })],
        old: [layer({ 'd/e/g': 'file' })],
        wanted: [layer({ 'd/e/h': 'file' }), layer({ 'd/e': 'whiteout' })],
      },
    ],
    [
      'a name that is deleted and made again',
      {
        shared: [layer({ a: 'dir', 'a/x': 'file', b: 'file' })],
        old: [layer({ a: 'whiteout', b: 'whiteout' }), layer({ a: 'file', b: 'dir' })],
        wanted: [
          layer({ a: 'whiteout', b: 'whiteout' }),
          layer({ a: 'dir', 'a/y': 'file', b: 'file' }),
        ],
      },
    ],
    [
      'opaque directories at every level, and the root',
      {
        shared: [layer({ 'a/b/c': 'file', 'a/b/d': 'file', 'a/e': 'file', f: 'file' })],
        old: [layer({ 'a/b': 'opaque', 'a/b/g': 'file' })],
        wanted: [
          layer({ '': 'opaque', a: 'opaque', 'a/b': 'dir', 'a/b/h': 'file' }),
          layer({ 'a/b': 'opaque', 'a/b/i': 'whiteout' }),
        ],
      },
    ],
    [
      'a file of which one name was hidden',
      {
        shared: [layer({ a: 'file', b: 'hardlink', 'c/d': 'hardlink' })],
        old: [layer({ b: 'whiteout' })],
        wanted: [layer({ 'c/d': 'file' })],
      },
    ],
    [
      'a base of one layer',
      {
        old: [layer({ a: 'file', b: 'dir' })],
        wanted: [layer({ b: 'file' }), layer({ c: 'dir' })],
      },
    ],
    [
      'a new base that is the old one',
      { shared: [layer({ a: 'file', 'b/c': 'symlink' })], old: [], wanted: [] },
    ],
    [
      'names that look like options and like marks of a tar',
      {
        old: [layer({ '-rf': 'file', '.wh.a': 'file', a: 'file', '--help': 'dir', '{}': 'file' })],
        wanted: [
          layer({ '.wh.b': 'large', b: 'file', '-n': 'dir', '-n/-m': 'large', '{}/{}': 'file' }),
          layer({ '.wh..wh..opq': 'file', '\\101': 'file', '-n/\xff\n': 'symlink' }),
        ],
      },
    ],
  ];
  for (const [name, stacks] of known) {
    for (const mode of MODES) {
      it(`shows ${name}: ${mode}`, async () => {
        await expectNamed(stacks, mode);
      });
    }
  }

  it('shows everything in the place of everything else, at every level', async () => {
    const kinds = ['dir', 'large', 'symlink', 'fifo', 'char', 'whiteout'] as const;
    const all = (turn: number): Layer => {
      const items: Record<string, Kind> = {};
      for (const place of ['', 'd/', 'd/e/']) {
        for (const [at] of kinds.entries()) {
          for (const [step] of kinds.entries()) {
            const kind = kinds[(at + turn * step) % kinds.length]!;
            items[`${place}${at}-${step}`] = kind;
            if (kind === 'dir') items[`${place}${at}-${step}/in`] = 'file';
          }
        }
      }
      return layer(items);
    };
    await expectNamed({ old: [layer({}), all(0)], wanted: [all(1)] }, 'auto');
    await expectNamed({ shared: [all(2)], old: [all(0)], wanted: [all(1)] }, 'copy');
  });

  it('shows everything that a file can have', async () => {
    const [odd, others] = [bench.emptyFolder(), bench.emptyFolder()];
    for (const each of [odd, others]) {
      await fillOddLayer(each);
      // No layer that came in a tar has one.
      rmSync(join(each, 'run/socket'));
    }
    const [oddLayer, othersLayer] = [bench.walked(odd), bench.walked(others)];
    const [below] = bench.stack([layer({ 'etc/below': 'file', opaque: 'file', tmp: 'symlink' })]);
    const before = readTree(odd, { mtimes: true, links: false });
    const pairs: [Stack, Stack][] = [
      [[below!], [below!, oddLayer]],
      [
        [othersLayer, below!],
        [oddLayer, below!],
      ],
      [[oddLayer, below!], [oddLayer]],
    ];
    for (const [at, [oldStack, newStack]] of pairs.entries()) {
      const modes = at === 1 ? MODES : [MODES[at]!];
      for (const mode of modes) {
        expectSame(await bench.switched(oldStack, treeOfStack(newStack), mode), newStack);
      }
    }
    expect(diffTrees(before, readTree(odd, { mtimes: true, links: false }))).to.deep.equal([]);
  });

  it('keeps holes in files', async () => {
    const sparse = bench.emptyFolder();
    execFileSync('truncate', ['-s', '50M', join(sparse, 'hole')]);
    const [old] = bench.stack([layer({ a: 'file' })]);
    const [top] = await bench.switched([old!], treeOfStack([bench.walked(sparse)]), 'copy');
    expect(lstatSync(join(top!.path, 'hole')).blocks).to.be.below(64);
  });

  it('writes through no symlink: a new one over a directory, an old one under it', async () => {
    const host = bench.emptyFolder();
    writeFileSync(join(host, 'passwd'), 'of the host');
    const withLink = bench.emptyFolder();
    symlinkSync(host, join(withLink, 'etc'));
    const link = bench.walked(withLink);
    const [files] = bench.stack([
      layer({ etc: 'dir', 'etc/passwd': 'large', 'etc/group': 'file' }),
    ]);
    for (const mode of MODES) {
      for (const [oldStack, newStack] of [
        [[files!], [files!, link]],
        [[link], [link, files!]],
        [[link, link], [files!]],
      ]) {
        const switched = await bench.switched(oldStack!, treeOfStack(newStack!), mode);
        expectSame(switched, newStack!);
      }
    }
    expect(readdirSync(host)).to.deep.equal(['passwd']);
    expect(readFileSync(join(host, 'passwd'), 'utf8')).to.equal('of the host');
  });

  it('hides more names than a file can have links', async () => {
    const many = bench.emptyFolder();
    execFileSync('bash', ['-c', 'cd "$1"; seq 66000 | xargs touch', 'bash', many]);
    const old = [bench.walked(many), ...bench.stack([layer({})])];
    const wanted = bench.stack([layer({ a: 'file' })]);
    const switched = await bench.switched(old, treeOfStack(wanted), 'auto');
    expectSame(switched, wanted);
    const top = switched.at(-1)!;
    expect(top.layer.index.whiteouts.size).to.equal(66_000);
    const counts = new Set(
      [...top.layer.index.whiteouts].map((name) => lstatSync(join(top.path, name)).nlink),
    );
    expect([...counts].sort()).to.deep.equal([6000, 60_000]);
  });

  interface Named {
    readonly shared?: readonly Layer[];
    readonly old: readonly Layer[];
    readonly wanted: readonly Layer[];
  }

  async function expectNamed({ shared = [], old, wanted }: Named, mode: CloneMode): Promise<void> {
    const below = bench.stack(shared);
    const oldStack = [...below, ...bench.stack(old)];
    const newStack = [...below, ...bench.stack(wanted)];
    expectSame(await bench.switched(oldStack, treeOfStack(newStack), mode), newStack);
  }

  async function holds(
    numRuns: number,
    check: (stacks: {
      mode: CloneMode;
      shared: readonly Layer[];
      rest: readonly [readonly Layer[], ...(readonly Layer[])[]];
      app: readonly Layer[];
    }) => Promise<void>,
  ): Promise<void> {
    const layers = fc.array(arbitraryLayer(), { maxLength: 2 });
    const stacks = fc.record({
      mode: fc.constantFrom<CloneMode>(...MODES),
      shared: layers,
      rest: fc.tuple(layers, layers, layers),
      app: fc.array(arbitraryLayer(), { maxLength: 1 }),
    });
    const property = fc.asyncProperty(stacks, async (drawn) => {
      await check(drawn);
      bench.remove();
      bench = new OverlayBench(folder);
    });
    await fc.assert(property, { numRuns });
  }

  function expectSame(got: Stack, wanted: Stack): void {
    expect(bench.lines(got)).to.deep.equal(bench.lines(wanted));
  }
});

/** By the definition of a union: every name of the new base, and of the old one what is in the way of none. */
function expectUnion(got: View, old: View, wanted: View): void {
  const isNew = (path: string): boolean => wanted.facts.has(path);
  expect(linesOf(got, isNew)).to.deep.equal(linesOf(wanted));
  const isKept = (path: string): boolean => {
    const parents = path.split('/').map((_, depth, names) => names.slice(0, depth).join('/'));
    return !isNew(path) && parents.every((parent) => !wanted.inodes.has(parent));
  };
  const isLeft = (path: string): boolean => !isNew(path);
  expect(linesOf(got, isLeft)).to.deep.equal(linesOf(old, isKept));
}
