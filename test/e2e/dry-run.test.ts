/** --dry-run and the forms of its output. It writes nothing, whether dockerd runs or not. */
import { expect } from 'chai';
import { diffTrees, type TreeState } from '../support/tree-state.ts';
import { rebaseImage, rebaseImageInTerminal } from './support/cli.ts';
import { type CommandResult, type Engine, startEngine } from './support/engine.ts';
import {
  everything,
  expectError,
  imageId,
  importAll,
  REBASE,
  rebase,
  rebaseJson,
} from './support/scenario.ts';

interface Document {
  readonly schema: string;
  readonly changed: boolean;
  readonly transaction: number | null;
  readonly images: readonly {
    readonly reference: string;
    readonly before: { readonly imageId: string; readonly chainIds: readonly string[] };
    readonly after: { readonly imageId: string; readonly chainIds: readonly string[] };
    readonly oldBase: { readonly name: string };
    readonly newBase: { readonly name: string };
    readonly verdict: string;
    readonly diff: readonly { readonly before: string; readonly after: string }[];
  }[];
  readonly store: {
    readonly layers: readonly {
      readonly chainId: string;
      readonly parent: string;
      readonly cacheId: string;
    }[];
    readonly tags: readonly { readonly key: string; readonly after: string }[];
  };
  readonly cost: { readonly modes: Record<string, { bytes: number; inodes: number }> };
  readonly containers: readonly { readonly name: string; readonly running: boolean }[];
}

interface Failure {
  readonly schema: string;
  readonly changed: boolean;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string };
}

const DRY = [...REBASE, '--dry-run'];
const ESCAPE = /\u001b\[/;

describe('--dry-run', () => {
  let engine: Engine;
  let oldId: string;

  before(async () => {
    engine = await startEngine();
    await importAll(engine);
    oldId = await imageId(engine, 'my-alpine:3.7');
    const quick = ['--stop-signal', 'KILL', '--network', 'none'];
    await engine.docker('run', '-d', '--name', 'web', ...quick, 'my-alpine:3.7', 'sleep', '1000');
    await engine.docker('create', '--name', 'job', '--network', 'none', 'my-alpine:3.7', 'true');
  });
  after(() => engine.dispose());

  for (const state of ['running', 'stopped'] as const) {
    describe(`with dockerd ${state}`, () => {
      let untouched: TreeState;

      before(async () => {
        if (state === 'stopped') await engine.stop();
        untouched = everything(engine);
      });
      afterEach('writes nothing at all', () => {
        expect(diffTrees(untouched, everything(engine))).to.deep.equal([]);
      });

      it('shows in 80 columns what would change', async () => {
        const { stdout, stderr } = await rebase(engine, DRY);
        expect(stderr).to.equal('');
        expectReadable(stdout);
        const { images, store } = await rebaseJson<Document>(engine, DRY);
        const [image] = images;
        const short = (id: string): string => id.slice(7, 19);
        expect(stdout).to.contain(`${short(oldId)} -> ${short(image?.after.imageId ?? '')}`);
        expect(stdout).to.contain('alpine:3.7 (1 layer) -> alpine:3.12 (1 layer)');
        expect(stdout).to.match(/BEFORE .* AFTER/);
        expect(stdout).to.match(/rootfs\.diff_ids/);
        expect(stdout).to.contain(short(store.layers[0]?.chainId ?? ''));
        expect(stdout).to.contain(short(store.layers[0]?.parent ?? ''));
        expect(stdout).to.contain(store.layers[0]?.cacheId.slice(0, 12));
        expect(stdout).to.match(/TAGS +my-alpine:3\.7 +[0-9a-f]{12} -> [0-9a-f]{12}/);
        expect(stdout).to.match(/\d+ inodes/);
        expect(stdout).to.match(
          state === 'running' ? /^ +web +[0-9a-f]{12} +running/m : /^ +web +[0-9a-f]{12} +stopped/m,
        );
        expect(stdout).to.match(/^ +job +[0-9a-f]{12} +stopped/m);
      });

      it('says the same as one JSON document', async () => {
        const { stdout, stderr } = await rebase(engine, [...DRY, '--json']);
        expect(stderr).to.equal('');
        const document = JSON.parse(stdout) as Document;
        expect(document).to.include({
          schema: 'rebase-image/v1',
          changed: false,
          transaction: null,
        });
        const [image] = document.images;
        expect(image).to.include({ reference: 'my-alpine:3.7', verdict: 'SAFE' });
        expect(image?.before.imageId).to.equal(oldId);
        expect(image?.oldBase.name).to.equal('alpine:3.7');
        expect(image?.newBase.name).to.equal('alpine:3.12');
        expect(image?.diff[0]?.before).to.not.equal(image?.diff[0]?.after);
        expect(document.store.layers.map(({ chainId }) => chainId)).to.deep.equal(
          image?.after.chainIds.slice(1),
        );
        expect(document.store.tags).to.have.length(1);
        expect(document.store.tags[0]).to.include({
          key: 'my-alpine:3.7',
          after: image?.after.imageId,
        });
        expect(document.cost.modes).to.include.keys('auto', 'link', 'copy', 'reflink');
        expect(
          document.containers.map(({ name, running }) => [name, running]).sort(),
        ).to.deep.equal([
          ['job', false],
          ['web', state === 'running'],
        ]);
      });

      it('gives the exit codes that were asked for', async () => {
        await rebase(engine, [...DRY, '--detailed-exitcode'], { status: 2 });
        await rebase(engine, DRY);
        const id = (await rebase(engine, [...DRY, '-q'])).stdout;
        expect(id).to.match(/^sha256:[0-9a-f]{64}\n$/);
        expect((await rebaseJson<Document>(engine, DRY)).images[0]?.after.imageId).to.equal(
          id.trim(),
        );
        const args = ['alpine:3.12', '--onto', 'alpine:3.12', '--dry-run'];
        expectError(await rebase(engine, args, { status: 1 }), 1, /same image/);
      });

      it('shows the base of an image, the history and the status', async () => {
        const base = await rebase(engine, ['base', 'my-alpine:3.7']);
        expectReadable(base.stdout);
        expect(base.stdout).to.match(/alpine:3\.7/);
        for (const command of ['history', 'status']) {
          const { stdout, stderr } = await rebase(engine, [command]);
          expectReadable(stdout);
          expect(stderr).to.equal('');
          expect(stdout).to.not.equal('');
          expect(await rebaseJson(engine, [command])).to.include({ schema: 'rebase-image/v1' });
        }
      });
    });
  }

  describe('in colour and on failure', () => {
    before(() => engine.start());

    it('is coloured on a terminal, and only there', async () => {
      const piped = await rebase(engine, DRY);
      expect(piped.stdout).to.not.match(ESCAPE);
      expect((await rebase(engine, [...DRY, '--color', 'always'])).stdout).to.match(ESCAPE);

      const plain = await rebaseImageInTerminal(DRY, [], { engine, env: { NO_COLOR: '1' } });
      expect(plain.status).to.equal(0);
      expect(plain.coloured).to.not.match(ESCAPE);
      const coloured = await rebaseImageInTerminal(DRY, [], { engine });
      expect(coloured.coloured).to.match(ESCAPE);
      expect(coloured.screen).to.equal(plain.screen);
      const never = [...DRY, '--color', 'never'];
      expect((await rebaseImageInTerminal(never, [], { engine })).coloured).to.not.match(ESCAPE);
    });

    it('gives an error as a JSON document too', async () => {
      const args = ['absent:1', '--onto', 'alpine:3.12', '--dry-run', '--json'];
      const result = await rebase(engine, args, { status: 1 });
      const document = JSON.parse(result.stdout) as Failure;
      expect(document).to.include({ schema: 'rebase-image/v1', changed: false });
      expect(document.error.code).to.equal('IMAGE_NOT_FOUND');
      expect(document.error.hint).to.not.equal('');
      expectError(result, 1, /absent:1/);
    });

    it('gives one JSON document when a check refuses', async () => {
      const args = [...DRY, '--tag', 'alpine:3.7', '--json'];
      const result = await rebase(engine, args, { status: 3 });
      const document = JSON.parse(result.stdout) as Document & Failure;
      expect(document.images[0]?.verdict).to.equal('BREAKS');
      expect(document.error.code).to.equal('CHECK_REFUSED');
    });

    it('takes options from the environment, but never those that decide', async () => {
      const env = { REBASE_IMAGE_DRY_RUN: '1', REBASE_IMAGE_JSON: 'true' };
      const { stdout } = await rebase(engine, REBASE, { env });
      expect(JSON.parse(stdout)).to.include({ changed: false, transaction: null });
      const decides = { REBASE_IMAGE_YES: '1', REBASE_IMAGE_ONTO: 'alpine:3.12' };
      expectError(await rebase(engine, REBASE, { env: decides, status: 1 }), 1, /say yes/);
      expectError(
        await rebase(engine, ['my-alpine:3.7'], { env: decides, status: 64 }),
        64,
        /--onto is missing/,
      );
    });

    it('finds the data-root through the daemon, and the daemon through the data-root', async () => {
      const host = await rebaseImage([...DRY, '-q', '--host', `unix://${engine.socket}`]);
      const root = await rebaseImage([...DRY, '-q', '--data-root', engine.dataRoot]);
      const environment = await rebaseImage([...DRY, '-q'], {
        env: { DOCKER_HOST: `unix://${engine.socket}` },
      });
      expect(host.status, host.stderr).to.equal(0);
      expect(root).to.deep.equal(host);
      expect(environment).to.deep.equal(host satisfies CommandResult);
    });
  });
});

/** Fits on the narrowest terminal and says nothing that a terminal would obey. */
function expectReadable(text: string): void {
  expect(text).to.not.match(ESCAPE);
  // A path is not shortened: it could not be used then.
  const wide = text.split('\n').filter((line) => line.length > 80 && !/^\S*\/\S+$/.test(line));
  expect(wide).to.deep.equal([]);
}
