/** A store that was rebased under one version of dockerd, and is opened by the next. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { tempFolder } from './support/cleanup.ts';
import { type Engine, quote, startEngine } from './support/engine.ts';
import { diffIds, run, saveAndHash } from './support/images.ts';
import { newerDockerd } from './support/newer-docker.ts';
import {
  buildApp,
  expectError,
  imageId,
  importBases,
  listed,
  NEW_RELEASE,
  OLD_RELEASE,
  REBASE,
  rebase,
  rebaseJson,
  restarting,
  tagOnDisk,
} from './support/scenario.ts';

interface Status {
  readonly open: readonly { readonly state: string }[];
  readonly pendingRestart: readonly unknown[];
}

const TAG = 'my-alpine:3.7';
const OTHER = 'other:1';
const RELEASE = ['cat', '/etc/alpine-release'];

/** After this machine's own dockerd: Debian's next, and what the run was asked for. */
const GIVEN = process.env['E2E_DOCKERD'];
const NEXT: readonly { readonly name: string; readonly dockerd: () => Promise<string> }[] = [
  { name: '26.1', dockerd: () => newerDockerd('26.1') },
  ...(GIVEN === undefined || GIVEN.includes('26.1')
    ? []
    : [{ name: GIVEN, dockerd: () => Promise.resolve(GIVEN) }]),
];

describe('a store that was rebased under another version', () => {
  let engine: Engine;
  let program: string;
  let oldId: string;
  let otherId: string;
  let newId: string;

  before(async () => {
    program = join(tempFolder(), 'chosen-dockerd');
    choose('dockerd');
    engine = await startEngine({ daemon: program });
    await importBases(engine);
    oldId = await buildApp(engine);
    otherId = await buildApp(engine, OTHER, { files: { 'app/other': 'other\n' }, buildkit: true });
    newId = await leaveBehind();
  });
  after(() => engine.dispose());

  for (const { name, dockerd } of NEXT) {
    describe(`and is opened by dockerd ${name}`, () => {
      it('has its images and containers', async () => {
        const version = await serverVersion();
        await engine.stop();
        choose(await dockerd());
        await engine.start();
        expect(await serverVersion()).to.not.equal(version);

        expect(await listed(engine, TAG)).to.equal(newId);
        expect(await run(engine, TAG, ...RELEASE)).to.equal(NEW_RELEASE);
        expect(await run(engine, oldId, ...RELEASE)).to.equal(OLD_RELEASE);
        expect(await engine.docker('start', '--attach', 'kept')).to.equal(NEW_RELEASE);
        expect(await engine.docker('diff', 'kept')).to.match(/^A \/left$/m);
        const saved = await saveAndHash(engine, TAG);
        expect(saved.map((layer) => layer.saved)).to.deep.equal(await diffIds(engine, TAG));
      });

      it('is sound, and still knows what is staged', async () => {
        await rebase(engine, ['doctor', '--deep']);
        const status = await rebaseJson<Status>(engine, ['status']);
        expect(status.open.map(({ state }) => state)).to.deep.equal(['staged']);
        expect(status.pendingRestart).to.deep.equal([]);
        expect(await listed(engine, OTHER)).to.equal(otherId);
      });

      it('publishes what the version before has staged', async () => {
        await rebase(engine, ['resume', ...restarting(engine)]);
        expect(await listed(engine, OTHER)).to.equal(tagOnDisk(engine, OTHER));
        expect(await listed(engine, OTHER)).to.not.equal(otherId);
        expect(await run(engine, OTHER, ...RELEASE)).to.equal(NEW_RELEASE);
      });

      it('takes both back, and only when no container is in the way', async () => {
        await rebase(engine, ['undo', '--yes']);
        expect(await listed(engine, OTHER)).to.equal(otherId);
        expectError(await rebase(engine, ['undo', '--yes'], { status: 3 }), 3, /kept/);
        await engine.docker('rm', 'kept');
        await rebase(engine, ['undo', '--yes']);
        expect(await listed(engine, TAG)).to.equal(oldId);
        expect(await run(engine, TAG, ...RELEASE)).to.equal(OLD_RELEASE);
        await engine.restart();
        expect(await run(engine, OTHER, ...RELEASE)).to.equal(OLD_RELEASE);
        await rebase(engine, ['doctor', '--deep']);
      });

      it('is rebased again, to the same images', async () => {
        expect(await leaveBehind()).to.equal(newId);
      });
    });
  }

  /** One transaction that is published, with a container on its result, and one that is staged. */
  async function leaveBehind(): Promise<string> {
    await rebase(engine, [...REBASE, '--yes', ...restarting(engine)]);
    const write = ['sh', '-c', 'echo left >/left; cat /etc/alpine-release'];
    await engine.docker('create', '--name', 'kept', '--network', 'none', TAG, ...write);
    expect(await engine.docker('start', '--attach', 'kept')).to.equal(NEW_RELEASE);
    await rebase(engine, [OTHER, '--onto', 'alpine:3.12', '--yes', '--stage-only']);
    return imageId(engine, TAG);
  }

  /** The program that the engine starts from its next start on. */
  function choose(dockerd: string): void {
    writeFileSync(program, `#!/bin/sh\nexec ${quote(dockerd)} "$@"\n`);
    chmodSync(program, 0o755);
  }

  function serverVersion(): Promise<string> {
    return engine.docker('version', '--format', '{{.Server.Version}}');
  }
});
