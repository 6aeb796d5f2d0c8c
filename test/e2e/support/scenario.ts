/** The story that most end-to-end tests tell: an application moves from one base to another. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readTree, type TreeState } from '../../support/tree-state.ts';
import { type CliOptions, rebaseImage } from './cli.ts';
import type { CommandResult, Engine } from './engine.ts';
import { buildImage, type Files, importBase } from './images.ts';

export const OLD_RELEASE = '3.7.3';
export const NEW_RELEASE = '3.12.12';

/** Stands for alpine:3.7. `etc/both` and `srv/data/shared` are in the new base too. */
export const OLD_FILES: Files = {
  'etc/alpine-release': `${OLD_RELEASE}\n`,
  'etc/only-in-3.7': 'old\n',
  'etc/both': 'old\n',
  'srv/data/shared': 'old\n',
  'srv/data/old': 'old\n',
};

/** Stands for alpine:3.12. */
export const NEW_FILES: Files = {
  'etc/alpine-release': `${NEW_RELEASE}\n`,
  'etc/only-in-3.12': 'new\n',
  'etc/both': 'new\n',
  'srv/data/shared': 'new\n',
  'srv/data/new': 'new\n',
};

/** One layer on a base, quick to build. */
export const APP_FILES: Files = { 'app/hello': 'hello from the app\n' };

/** The two bases, alpine:3.7 and alpine:3.12. */
export async function importBases(engine: Engine): Promise<void> {
  await importBase(engine, 'alpine:3.7', OLD_FILES);
  await importBase(engine, 'alpine:3.12', NEW_FILES);
}

/** An application of one layer and one setting. @returns its ImageID */
export function buildApp(
  engine: Engine,
  tag = 'my-alpine:3.7',
  { from = 'alpine:3.7', files = APP_FILES, buildkit = false } = {},
): Promise<string> {
  // The label keeps two applications of equal files apart.
  const dockerfile = `FROM ${from}\nCOPY app /app\nLABEL e2e.app=${tag}\nCMD ["cat", "/app/hello"]\n`;
  return buildImage(engine, tag, dockerfile, { files, buildkit });
}

/** Both bases and my-alpine:3.7. */
export async function importAll(engine: Engine): Promise<void> {
  await importBases(engine);
  await buildApp(engine);
}

/** The command of the README. */
export const REBASE = ['my-alpine:3.7', '--onto', 'alpine:3.12'] as const;

/** Runs the command on the engine's store and expects the status (0 unless told). */
export async function rebase(
  engine: Engine,
  args: readonly string[],
  options: Omit<CliOptions, 'engine'> & { readonly status?: number } = {},
): Promise<CommandResult> {
  const { status = 0, ...rest } = options;
  const result = await rebaseImage(args, { ...rest, engine });
  expect(result.status, `rebase-image ${args.join(' ')}\n${result.stderr}`).to.equal(status);
  return result;
}

/** Runs the command with --json and gives its document. */
export async function rebaseJson<T>(
  engine: Engine,
  args: readonly string[],
  options: { readonly status?: number } = {},
): Promise<T> {
  return JSON.parse((await rebase(engine, [...args, '--json'], options)).stdout) as T;
}

/** `--restart` with the engine's own two scripts. */
export function restarting(engine: Engine): string[] {
  return ['--restart', ...commands(engine)];
}

/** `--stop-command` and `--start-command` of the engine. */
export function commands(
  engine: Engine,
  { stop = engine.stopCommand, start = engine.startCommand } = {},
): string[] {
  return ['--stop-command', stop, '--start-command', start];
}

/** Does something while the daemon is stopped, and starts it again. */
export async function whileStopped<T>(engine: Engine, work: () => T | Promise<T>): Promise<T> {
  await engine.stop();
  try {
    return await work();
  } finally {
    await engine.start();
  }
}

export function imageId(engine: Engine, image: string): Promise<string> {
  return engine.docker('image', 'inspect', '--format', '{{.Id}}', image);
}

/** What the running daemon lists under a name; an inspect by name may be answered from the disk. */
export function listed(engine: Engine, reference: string): Promise<string> {
  return engine.docker('images', '--no-trunc', '--format', '{{.ID}}', reference);
}

/** The line of repositories.json for a familiar name, read from the disk. */
export function tagOnDisk(engine: Engine, key: string): string | undefined {
  return tagsOnDisk(engine)[key];
}

/** All lines of repositories.json, read from the disk. */
export function tagsOnDisk(engine: Engine): Record<string, string> {
  const text = readFileSync(join(engine.dataRoot, 'image/overlay2/repositories.json'), 'utf8');
  const { Repositories } = JSON.parse(text) as {
    Repositories: Record<string, Record<string, string>>;
  };
  return Object.assign({}, ...Object.values(Repositories)) as Record<string, string>;
}

/** Everything below the data-root, modification times included, to prove that nothing was written. */
export function everything(engine: Pick<Engine, 'dataRoot' | 'pid'>): TreeState {
  return readTree(engine.dataRoot, { mtimes: true, ignore: movingByItself(engine) });
}

/** The data-root without what is this program's own: to prove that what was done is taken back. */
export function storeState(engine: Engine): TreeState {
  return readTree(engine.dataRoot, { ignore: ['rebase-image', ...movingByItself(engine)] });
}

/** What a running engine tidies at times of its own: the databases of its containerd and BuildKit. */
function movingByItself({ pid }: Pick<Engine, 'pid'>): string[] {
  return pid === undefined ? [] : ['containerd', 'buildkit'];
}

/** The images' part of it, which dockerd's own stop and start leave alone. */
export function imageStore(engine: Engine): TreeState {
  return new Map([...storeState(engine)].filter(([path]) => /^(image|overlay2)(\/|$)/.test(path)));
}

/** An error as a user must see it: one line that names the thing, one with the next step. */
export function expectError(
  result: Pick<CommandResult, 'status' | 'stderr'>,
  status: number,
  message: RegExp,
): void {
  expect(result.status, result.stderr).to.equal(status);
  const lines = result.stderr.trimEnd().split('\n');
  const errors = lines.filter((line) => line.startsWith('rebase-image: '));
  expect(errors, result.stderr).to.have.length(1);
  expect(errors[0]).to.match(message);
  // The last two lines, whatever was shown before.
  expect(lines.at(-2), result.stderr).to.equal(errors[0]);
  expect(lines.at(-1), result.stderr).to.match(/^ {2}hint: \S/);
  expect(result.stderr).to.not.match(/^\s+at /m);
}
