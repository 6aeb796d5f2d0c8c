/** What is wrong with a command line, an image or a store: one line, one hint, nothing written. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BuiltStore, buildStore, type StoreSpec } from '../support/store-builder.ts';
import { diffTrees } from '../support/tree-state.ts';
import { sweepFolder, tempFolder } from './support/cleanup.ts';
import { cliCommand, rebaseImage } from './support/cli.ts';
import { execute } from './support/engine.ts';
import { everything, expectError } from './support/scenario.ts';

const SPEC: StoreSpec = {
  images: [
    { name: 'old', tags: ['alpine:3.7'], layers: [layer('old')] },
    { name: 'new', tags: ['alpine:3.12'], layers: [layer('new')] },
    { name: 'app', tags: ['my-alpine:3.7'], from: 'old', layers: [layer('app')] },
    { name: 'lone', tags: ['lone:1'], layers: [layer('lone'), layer('lone top')] },
    { name: 'arm', tags: ['arm:1'], layers: [layer('arm')], architecture: 'arm64' },
    // Two bases of other names, one on the other, and an application on both.
    { name: 'debian', tags: ['debian:12'], layers: [layer('debian')] },
    { name: 'python', tags: ['python:3'], from: 'debian', layers: [layer('python')] },
    { name: 'service', tags: ['service:1'], from: 'python', layers: [layer('service')] },
  ],
};

/** By itself, since it is a hundred times larger. */
const DEEP: StoreSpec = {
  images: [
    { name: 'old', tags: ['alpine:3.7'], layers: [layer('old')] },
    { name: 'deep', tags: ['deep:1'], layers: many('deep', 100) },
    { name: 'app', tags: ['deep-app:1'], from: 'old', layers: many('deep app', 25) },
  ],
};

const REBASE = ['my-alpine:3.7', '--onto', 'alpine:3.12', '--yes'];

/** It stands on that base already. */
const NOTHING = ['my-alpine:3.7', '--onto', 'alpine:3.7', '--yes'];

describe('bad input', () => {
  let store: BuiltStore;
  let folder: string;

  beforeEach(async () => {
    folder = tempFolder();
    store = await buildStore(join(folder, 'data'), SPEC);
  });
  afterEach(() => {
    sweepFolder(folder);
  });

  it('is none in the store that these tests spoil', async () => {
    const result = await rebaseImage([...REBASE, '--data-root', store.root]);
    expect(result.status, result.stderr).to.equal(0);
  });

  describe('on the command line', () => {
    for (const [what, args, message, hint] of [
      ['an unknown flag', [...REBASE, '--dry-rum'], /no option --dry-rum/, /--dry-run/],
      ['an unknown flag with a value', [...REBASE, '--ontoo=x'], /no option --ontoo/, /--onto/],
      ['an unknown short flag', [...REBASE, '-x'], /no option -x/, /--help/],
      ['a mistyped command', ['histroy'], /no command histroy/, /history/],
      ['a mistyped command with words', ['undoo', '1'], /no command undoo/, /undo/],
      ['no image', ['--onto', 'alpine:3.12'], /no image is named/, /--onto/],
      ['no --onto', ['my-alpine:3.7'], /--onto is missing/, /--onto alpine/],
      ['undo of no number', ['undo', ''], /"" is no transaction number/, /history/],
      ['no file', ['batch', '--dry-run'], /no file is named/, /batch --help/],
      ['no shell', ['completion'], /no shell is named/, /completion --help/],
      ['--onto twice', [...REBASE, '--onto', 'arm:1'], /--onto is given 2 times/, /once/],
      ['an empty --onto', ['my-alpine:3.7', '--onto', ''], /--onto is empty/, /--onto/],
      ['--onto= and nothing', ['my-alpine:3.7', '--onto='], /--onto is empty/, /--onto/],
      ['--onto without a word', ['my-alpine:3.7', '--onto'], /--onto/, /./],
      [
        '--from twice',
        [...REBASE, '--from', 'a', '--from', 'b'],
        /--from is given 2 times/,
        /once/,
      ],
      ['an empty --tag', [...REBASE, '--tag', ''], /--tag is empty/, /--tag/],
      ['an unknown check', [...REBASE, '--allow', 'everything'], /everything/, /platform/],
      ['a switch with a word', [...REBASE, '--dry-run=maybe'], /dry-run.*maybe/, /--dry-run/],
      ['a switch with nothing', [...REBASE, '--dry-run='], /dry-run/, /--dry-run/],
      [
        'an unknown clone mode',
        [...REBASE, '--clone', 'magic'],
        /--clone cannot be "magic"/,
        /auto/,
      ],
      ['a mode that is none', [...REBASE, '--config=all'], /--config cannot be "all"/, /merge/],
      ['no number of seconds', [...REBASE, '--lock-timeout', 'soon'], /soon/, /60/],
      ['an empty image', ['', '--onto', 'alpine:3.12'], /./, /./],
      ['a name in upper case', ['My-Alpine:3.7', '--onto', 'alpine:3.12'], /My-Alpine/, /./],
      ['a name with a blank', ['my alpine', '--onto', 'alpine:3.12'], /my alpine/, /./],
      ['a bad new base', ['my-alpine:3.7', '--onto', 'alpine::3'], /alpine::3/, /./],
      ['a bad --tag', [...REBASE, '--tag', 'Bad:tag:x'], /Bad:tag:x/, /./],
      ['a digest as --tag', [...REBASE, '--tag', `a@${digest('0')}`], /digest/, /NAME:TAG/],
      ['a bad --tag, and nothing to do', [...NOTHING, '--tag', 'Bad:1'], /Bad:1/, /./],
      ['a bad --keep-old, and nothing to do', [...NOTHING, '--keep-old=a b'], /a b/, /./],
      ['--from out of range', [...REBASE, '--from', '3'], /2 layers/, /rebase-image base/],
      ['--from 0', [...REBASE, '--from', '0'], /2 layers/, /scratch/],
      ['--tag with two images', ['lone:1', ...REBASE, '--tag', 'a:1'], /several images/, /./],
    ] as const) {
      it(`${what}: exit 64`, () => expectRefusal(args, 64, message, hint));
    }

    it('no word at all: exit 64', async () => {
      expectError(await rebaseImage([]), 64, /no image is named/);
    });

    it('a plan that cannot be saved: exit 64, and one document', async () => {
      const args = [...REBASE, '--out', join(folder, 'nowhere/plan.json')];
      await expectRefusal(args, 64, /cannot be saved/, /--out FILE/);
      const { status, stdout } = await rebaseImage([...args, '--json', '--data-root', store.root]);
      expect(status).to.equal(64);
      expect(JSON.parse(stdout)).to.include({ document: 'error' });
    });

    it('another shell: exit 64', async () => {
      expectError(await rebaseImage(['completion', 'tcsh']), 64, /shell cannot be "tcsh"/);
    });

    it('a command that only --stop-command is given for', async () => {
      // Nothing runs that it could stop, so it is not looked at: the rebase is done.
      const args = [...REBASE, '--stop-command', 'true', '--data-root', store.root];
      const { status, stderr } = await rebaseImage(args);
      expect(status, stderr).to.be.oneOf([0, 64]);
    });

    it('nobody to say yes: exit 1', () =>
      expectRefusal(['my-alpine:3.7', '--onto', 'alpine:3.12'], 1, /say yes/, /--yes/));
  });

  describe('about images', () => {
    for (const [what, status, args, message, hint] of [
      ['an unknown image', 1, ['absent:1', ...REBASE.slice(1)], /absent:1/, /docker images/],
      ['an unknown tag', 1, ['my-alpine:9', ...REBASE.slice(1)], /my-alpine:9/, /my-alpine:3\.7/],
      ['an unknown ID', 1, [digest('0'), ...REBASE.slice(1)], /no image/, /docker images/],
      [
        'a new base that is missing',
        1,
        ['my-alpine:3.7', '--onto', 'alpine:9'],
        /alpine:9/,
        /pull/,
      ],
      ['no base', 1, ['lone:1', ...REBASE.slice(1)], /no local image/, /rebase-image base lone:1/],
      ['several bases', 1, ['service:1', ...REBASE.slice(1)], /debian:12/, /--from python:3/],
      [
        '--from that it is not built on',
        1,
        [...REBASE, '--from', 'lone:1'],
        /not built on/,
        /base/,
      ],
      ['--from that is missing', 1, [...REBASE, '--from', 'absent:1'], /absent:1/, /./],
      ['its own base', 1, ['alpine:3.12', ...REBASE.slice(1)], /same image/, /./],
      ['itself as --from', 1, [...REBASE, '--from', 'my-alpine:3.7'], /same image/, /./],
      ['another platform', 3, ['my-alpine:3.7', '--onto', 'arm:1', '--yes'], /arm64/, /platform/],
      ['base of an unknown image', 1, ['base', 'absent:1'], /absent:1/, /./],
    ] as const) {
      it(`${what}: exit ${status}`, () => expectRefusal(args, status, message, hint));
    }

    it('too many layers: exit 3', async () => {
      store = await buildStore(join(folder, 'deep'), DEEP);
      await expectRefusal(['deep-app:1', '--onto', 'deep:1', '--yes'], 3, /125 layers/, /./);
    });

    it('an ambiguous short ID: exit 1', () => {
      const ids = store.images.map(({ imageId }) => imageId.slice(7, 8));
      const twice = ids.find((first, index) => ids.indexOf(first) !== index) ?? '';
      return expectRefusal([twice, ...REBASE.slice(1)], 1, /beginning of \d+ image IDs/, /more/);
    });

    it('names that a terminal would obey are printed harmlessly', async () => {
      const args = ['a\u001b[31mred', '--onto', 'alpine:3.12', '--data-root', store.root];
      const { stderr, stdout } = await rebaseImage(args);
      expect(stdout + stderr).to.not.contain('\u001b');
    });
  });

  describe('about the store', () => {
    it('another user than root: exit 6', async () => {
      const { file, args, env } = cliCommand([...REBASE, '--data-root', store.root]);
      // With the right to read everything, since a clone may be where only root can look.
      const caps = ['--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search'];
      const ids = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
      const before = everything(noEngine());
      const result = await execute('setpriv', [...ids, ...caps, file, ...args], { env });
      expectError(result, 6, /not root/);
      expect(diffTrees(before, everything(noEngine()))).to.deep.equal([]);
    });

    it('no such data-root: exit 6', async () => {
      const nowhere = join(folder, 'nowhere');
      expectError(await rebaseImage([...REBASE, '--data-root', nowhere]), 6, /no data-root/);
      expect(existsSync(nowhere)).to.equal(false);
    });

    it('a folder that is no data-root: exit 6', async () => {
      const empty = join(folder, 'empty');
      mkdirSync(empty);
      expectError(await rebaseImage([...REBASE, '--data-root', empty]), 6, /no overlay2/);
    });

    it('the containerd image store: exit 6', () => {
      const path = 'containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs';
      rmSync(join(store.root, 'overlay2'), { recursive: true });
      mkdirSync(join(store.root, path), { recursive: true });
      return expectRefusal(REBASE, 6, /containerd/, /docker info/);
    });

    for (const driver of ['vfs', 'btrfs']) {
      it(`the driver ${driver}: exit 6`, () => {
        renameSync(join(store.root, 'image/overlay2'), join(store.root, 'image', driver));
        rmSync(join(store.root, 'overlay2'), { recursive: true });
        mkdirSync(join(store.root, driver, 'dir', 'x'), { recursive: true });
        return expectRefusal(REBASE, 6, new RegExp(driver), /docker info/);
      });
    }

    it('two stores in one data-root: exit 6', () => {
      mkdirSync(join(store.root, 'btrfs/subvolumes/x'), { recursive: true });
      return expectRefusal(REBASE, 6, /btrfs/, /./);
    });

    it('an image whose JSON is not what its ID says: exit 1', () => {
      const file = configOf('app');
      writeFileSync(file, `${readFileSync(file, 'utf8')}\n`);
      return expectRefusal(REBASE, 1, /my-alpine:3\.7/, /./);
    });

    it('an image whose JSON cannot be read: exit 1', () => {
      truncateSync(configOf('app'), 40);
      return expectRefusal(REBASE, 1, /config of my-alpine:3\.7/, /./);
    });

    it('a new base whose JSON cannot be read: exit 1', () => {
      truncateSync(configOf('new'), 0);
      return expectRefusal(REBASE, 1, /config of alpine:3\.12/, /./);
    });

    it('an image whose JSON is gone: exit 1', () => {
      rmSync(configOf('app'));
      return expectRefusal(REBASE, 1, /my-alpine:3\.7/, /./);
    });

    for (const file of ['cache-id', 'diff', 'size'] as const) {
      it(`a layerdb entry without ${file}: exit 1`, () => {
        rmSync(join(store.layerdbOf('app', -1), file));
        return expectRefusal(REBASE, 1, /my-alpine:3\.7 cannot be rebased/, /./);
      });
    }

    it('an upper layerdb entry without parent: exit 1', () => {
      rmSync(join(store.layerdbOf('app', -1), 'parent'));
      return expectRefusal(REBASE, 1, /parent/, /./);
    });

    it('a layerdb entry that is gone: exit 1', () => {
      rmSync(store.layerdbOf('app', -1), { recursive: true });
      return expectRefusal(REBASE, 1, /my-alpine:3\.7 cannot be rebased/, /./);
    });

    it('an overlay2 directory that is gone: exit 1', () => {
      rmSync(join(store.diffOf('app', -1), '..'), { recursive: true });
      return expectRefusal(REBASE, 1, /overlay2/, /./);
    });

    it('an overlay2 directory of the new base that is gone: exit 1', () => {
      rmSync(join(store.diffOf('new', -1), '..'), { recursive: true });
      return expectRefusal(REBASE, 1, /overlay2/, /./);
    });

    for (const [what, text] of [
      ['empty', ''],
      ['torn', '{"Repositories":{"alpine":{"al'],
      ['of another shape', '[1, 2]'],
      ['null', 'null'],
    ] as const) {
      it(`a repositories.json that is ${what}: exit 1`, () => {
        writeFileSync(repositories(), text);
        return expectRefusal(REBASE, 1, /repositories\.json/, /./);
      });
    }

    it('no repositories.json, so no names: exit 1', () => {
      rmSync(repositories());
      return expectRefusal(REBASE, 1, /alpine/, /./);
    });
  });

  /** The command fails so, says so in two lines, and the data-root is as it was to the mtime. */
  async function expectRefusal(
    args: readonly string[],
    status: number,
    message: RegExp,
    hint: RegExp,
  ): Promise<void> {
    const before = everything(noEngine());
    const result = await rebaseImage([...args, '--data-root', store.root]);
    expectError(result, status, message);
    expect(result.stderr.trimEnd().split('\n').at(-1)).to.match(hint);
    expect(result.stdout).to.equal('');
    // A refused plan is shown; everything else is two lines.
    if (status !== 3 && !/say yes/.test(result.stderr)) {
      expect(result.stderr.trimEnd().split('\n'), result.stderr).to.have.length(2);
    }
    expect(diffTrees(before, everything(noEngine()))).to.deep.equal([]);
  }

  function noEngine(): { dataRoot: string; pid: undefined } {
    return { dataRoot: store.root, pid: undefined };
  }

  function repositories(): string {
    return join(store.paths.image, 'repositories.json');
  }

  function configOf(image: string): string {
    const { imageId } = store.image(image);
    return join(store.root, 'image/overlay2/imagedb/content/sha256', imageId.slice(7));
  }
});

function layer(name: string): { files: Record<string, string> } {
  return { files: { [`etc/${name.replace(' ', '-')}`]: `${name}\n` } };
}

function many(name: string, count: number): ReturnType<typeof layer>[] {
  return Array.from({ length: count }, (_, index) => layer(`${name}${index}`));
}

function digest(digit: string): string {
  return `sha256:${digit.repeat(64)}`;
}
