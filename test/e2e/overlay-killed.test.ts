/** The built program, killed by strace while it exchanges the files of a base. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { diffTrees, type TreeState } from '../support/tree-state.ts';
import { cliCommand } from './support/cli.ts';
import { type CommandResult, type Engine, execute, startEngine } from './support/engine.ts';
import { buildImage } from './support/images.ts';
import { buildOverlayBases, V1, V2, viewOf } from './support/overlay-bases.ts';
import { imageStore, rebase, rebaseJson } from './support/scenario.ts';

const EXIT_OF_SIGKILL = 128 + 9;

/** System calls by whatever name an architecture has them. */
const CALLS = { rename: '/^rename(at2?)?$', fsync: '/^fsync$' } as const;
type Call = keyof typeof CALLS;

interface Status {
  readonly open: readonly { readonly state: string }[];
}

describe('overlay apply, killed', () => {
  let engine: Engine;
  let original: TreeState;
  let counts: Record<Call, number>;
  let apply: readonly string[];
  const views: Record<string, string> = {};

  before(async () => {
    engine = await startEngine();
    await buildOverlayBases(engine);
    await buildImage(engine, 'app:1', `FROM ${V1}\nCOPY own /own\n`, { files: { own: 'own\n' } });
    for (const image of [V1, V2]) views[image] = await viewOf(engine, image);
    await viewOf(engine, 'app:1');
    const bundle = join(engine.folder, 'bundle.tar.gz');
    await rebase(engine, ['overlay', 'pack', V1, V2, '-o', bundle]);
    apply = ['overlay', 'apply', bundle, '--yes'];
    original = imageStore(engine);
    const log = join(engine.folder, 'calls');
    const done = await traced('-o', log, '-e', `trace=${CALLS.rename},${CALLS.fsync}`);
    // Without ptrace nothing here is tested, and that must be seen.
    expect(done.status, `strace must be allowed to trace: ${done.stderr}`).to.equal(0);
    const lines = readFileSync(log, 'utf8').split('\n');
    const count = (call: Call): number => lines.filter((line) => line.startsWith(call)).length;
    counts = { rename: count('rename'), fsync: count('fsync') };
    expect(Math.min(...Object.values(counts)), JSON.stringify(counts)).to.be.above(1);
    await rebase(engine, ['undo', '--yes']);
    expect(diffTrees(original, imageStore(engine))).to.deep.equal([]);
  });
  after(() => engine.dispose());

  // Which of the calls: the first, the one in the middle, the last.
  const samples: readonly [Call, 'first' | 'middle' | 'last', 'resume' | 'abort'][] = [
    ['rename', 'first', 'abort'],
    ['rename', 'middle', 'abort'],
    ['rename', 'last', 'resume'],
    ['fsync', 'middle', 'abort'],
    ['fsync', 'last', 'resume'],
  ];
  for (const [call, which, command] of samples) {
    it(`at the ${which} ${call}: one view or the other, and ${command} ends it`, async () => {
      const last = counts[call];
      const when = { first: 1, middle: Math.ceil(last / 2), last }[which];
      const expression = `inject=${CALLS[call]}:signal=KILL:when=${when}`;
      const killed = await traced(
        '-o',
        '/dev/null',
        '-e',
        `trace=${CALLS[call]}`,
        '-e',
        expression,
      );
      expect(killed.status, killed.stderr).to.equal(EXIT_OF_SIGKILL);

      await engine.restart();
      const seen = await viewOf(engine, 'app:1');
      expect([views[V1], views[V2]]).to.include(seen);

      const [open] = (await rebaseJson<Status>(engine, ['status'])).open;
      if (open !== undefined) {
        // What was not staged whole can only be taken back.
        await rebase(engine, [open.state === 'staging' ? 'abort' : command]);
      }
      const isDone = diffTrees(original, imageStore(engine)).length > 0;
      expect(await viewOf(engine, 'app:1')).to.equal(views[isDone ? V2 : V1]);
      if (isDone) await rebase(engine, ['undo', '--yes']);
      expect(diffTrees(original, imageStore(engine))).to.deep.equal([]);
    });
  }

  async function traced(...how: readonly string[]): Promise<CommandResult> {
    const { file, args, env } = cliCommand(apply, { engine });
    return execute('strace', [...how, '--', file, ...args], { env });
  }
});
