/** Runs the built command as its users do: as a process of its own, piped or in a terminal. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readPublished } from '../../support/output-schema.ts';
import { sweepFolder, tempFolder } from './cleanup.ts';
import { type CommandResult, type Engine, execute, neutralEnv, quote } from './engine.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Where `npm run build` puts the command. */
export const CLI = join(ROOT, 'dist/cli.js');

export interface CliOptions {
  /** Adds `--data-root` and `--host` of this engine, so that no other store can be touched. */
  readonly engine?: Engine | undefined;
  /** Added to an environment without colour settings, REBASE_IMAGE_* and DOCKER_*. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** What to type when: `keys` are tmux key names or text (`y`, `Enter`, `C-c`). */
export interface Typing {
  /** Waits until the terminal shows this below what the step before has seen. */
  readonly when: RegExp | string;
  readonly keys: readonly string[];
}

/** How a command in a terminal ended. */
export interface TerminalResult {
  readonly status: number;
  /** All that the terminal shows at the end, scrolled-off lines included; 80 columns, no colour. */
  readonly screen: string;
  /** The same with its escape sequences, for tests of colour. */
  readonly coloured: string;
}

/**
 * Runs `rebase-image` with `input` (or nothing) on stdin; never throws because of its status.
 * @throws when what --json prints is not one document as its schema says
 */
export async function rebaseImage(
  args: readonly string[],
  options: CliOptions & { readonly input?: string } = {},
): Promise<CommandResult> {
  const { file, args: words, env } = cliCommand(args, options);
  const result = await execute(file, words, {
    env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    input: options.input ?? '',
  });
  if (args.includes('--json')) readPublished(result.stdout);
  return result;
}

/** What `rebaseImage` runs, for tests that signal, trace or limit the process themselves. */
export function cliCommand(
  args: readonly string[],
  options: CliOptions = {},
): { readonly file: string; readonly args: string[]; readonly env: Record<string, string> } {
  return {
    file: process.execPath,
    args: [freshCli(), ...args, ...engineArgs(options.engine)],
    env: cliEnv(options),
  };
}

/**
 * Runs `rebase-image` in a terminal of 80 columns and types.
 * @throws with the screen when a step's text does not come, or the command does not end, in time
 */
export async function rebaseImageInTerminal(
  args: readonly string[],
  typing: readonly Typing[],
  options: CliOptions & { readonly rows?: number; readonly timeout?: number } = {},
): Promise<TerminalResult> {
  const folder = tempFolder();
  const server = join(folder, 'tmux');
  const command = join(folder, 'command');
  const { file, args: rest, env } = cliCommand(args, options);
  const words = [file, ...rest];
  // The shell must outlive a Ctrl-C to report; an empty trap handler, unlike an ignored signal,
  // is not inherited by the command. Then it waits: a pane that ends takes its screen with it.
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  writeFileSync(
    command,
    `cd ${quote(options.cwd ?? ROOT)}
trap : INT
env -i ${environment.map(quote).join(' ')} TERM="$TERM" ${words.map(quote).join(' ')}
printf '\\n${END}%s\\n' "$?"
while :; do sleep 60; done
`,
  );
  const deadline = Date.now() + (options.timeout ?? 300_000);
  const size = ['-x', '80', '-y', String(options.rows ?? 50)];
  try {
    await tmux('new-session', '-d', ...size, `exec sh ${quote(command)}`);
    let seen = 0;
    for (const { when, keys } of typing) {
      seen = await waitFor(when, seen);
      await tmux('send-keys', ...keys);
    }
    await waitFor(new RegExp(`^${END}\\d+$`, 'm'), 0);
    const [screen, status] = split(await capture());
    return { status: Number(status), screen, coloured: split(await capture('-e'))[0] };
  } finally {
    await execute('tmux', ['-S', server, 'kill-server']);
    sweepFolder(folder);
  }

  async function waitFor(text: RegExp | string, from: number): Promise<number> {
    for (;;) {
      const screen = await capture();
      const tail = screen.slice(from);
      const match = typeof text === 'string' ? tail.indexOf(text) : tail.search(text);
      if (match >= 0) return from + match + 1;
      if (Date.now() > deadline) throw new Error(`"${String(text)}" does not come:\n${screen}`);
      if (tail.includes(END)) throw new Error(`"${String(text)}" did not come:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  function capture(...more: string[]): Promise<string> {
    return tmux('capture-pane', '-p', ...more, '-S', '-');
  }

  async function tmux(...words_: string[]): Promise<string> {
    const result = await execute('tmux', ['-u', '-f', '/dev/null', '-S', server, ...words_], {
      env: { ...cliEnv({}), TERM: 'xterm-256color' },
    });
    if (result.status !== 0) throw new Error(`tmux ${words_.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }
}

/** Marks the end of the command on its terminal; never part of its own output. */
const END = 'exit-status-of-the-command:';

let checked = false;

/** The built command; built first, once per run, when a source is newer. */
function freshCli(): string {
  if (!checked && newest(join(ROOT, 'src')) > (existsSync(CLI) ? statSync(CLI).mtimeMs : 0)) {
    execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, stdio: 'inherit' });
  }
  checked = true;
  return CLI;
}

function newest(folder: string): number {
  return Math.max(
    0,
    ...readdirSync(folder, { withFileTypes: true }).map((entry) =>
      entry.isDirectory()
        ? newest(join(folder, entry.name))
        : statSync(join(folder, entry.name)).mtimeMs,
    ),
  );
}

function engineArgs(engine: Engine | undefined): string[] {
  return engine === undefined
    ? []
    : ['--data-root', engine.dataRoot, '--host', `unix://${engine.socket}`];
}

/** What changes the command's behaviour must come from the test, not from who runs it. */
function cliEnv(options: CliOptions): Record<string, string> {
  const steering = /^(REBASE_IMAGE_.*|NO_COLOR|FORCE_COLOR|CLICOLOR.*|COLORTERM|CI|NODE_OPTIONS)$/;
  const kept = Object.entries(neutralEnv()).filter(
    ([name]) =>
      !steering.test(name) && name !== 'TERM' && !/^(TMUX|TMUX_PANE|COLUMNS|LINES)$/.test(name),
  );
  return { ...Object.fromEntries(kept), LANG: 'C.UTF-8', ...options.env };
}

function split(screen: string): [screen: string, status: string] {
  const at = screen.lastIndexOf(END);
  return [screen.slice(0, at).trimEnd(), /\d+/.exec(screen.slice(at + END.length))?.[0] ?? ''];
}
