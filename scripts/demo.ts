/**
 * `npm run demo`: the whole story on a Docker engine of its own, offline, as a transcript. Every
 * line after a `$` is what a shell really runs; every claim is checked, and a wrong one makes the
 * exit status 1. Nothing stays behind, also after a failure or Ctrl-C.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sweepFolder, tempFolder } from '../test/e2e/support/cleanup.ts';
import { type Engine, execute, quote, startEngine } from '../test/e2e/support/engine.ts';
import { type Files, importBase, writeFiles } from '../test/e2e/support/images.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** What the demo's image prints about itself when it runs. */
interface View {
  /** A line of the base image's own file. */
  readonly base: string;
  readonly present: string;
  readonly absent: string;
}

const OLD: View = { base: '3.7', present: '/etc/only-in-3.7', absent: '/etc/only-in-3.12' };
const NEW: View = { base: '3.12', present: '/etc/only-in-3.12', absent: '/etc/only-in-3.7' };

const RUN = 'docker run --rm --network none my-alpine:3.7';

const DOCKERFILE = `FROM alpine:3.7
ENV GREETING=hello
RUN mkdir -p /app && echo "built on $(cat /etc/alpine-release)" > /app/build-note
COPY app.sh /app/app.sh
RUN chmod 755 /app/app.sh
CMD ["/app/app.sh"]
`;

const APP = `#!/bin/sh
echo "$GREETING from /app/app.sh"
cat /app/build-note
echo "running on Alpine $(cat /etc/alpine-release)"
ls /etc/only-in-*
`;

const shellAsCommand = { changes: ['CMD ["/bin/sh"]'] };

const failures: string[] = [];

await main();

async function main(): Promise<void> {
  if (process.getuid?.() !== 0) {
    console.error('The demo starts a Docker engine of its own: run it as root.');
    process.exitCode = 1;
    return;
  }
  prepare('sh', ['scripts/ensure-engine.sh', 'docker.io', 'busybox-static', 'attr']);
  prepare(process.execPath, ['scripts/build.mjs']);

  const workshop = tempFolder();
  const engine = await startEngine();
  try {
    await tell(engine, workshop);
  } finally {
    await engine.dispose();
    sweepFolder(workshop);
  }

  console.log();
  if (failures.length === 0) {
    console.log(
      'Everything was as it should be. The engine is stopped, and nothing is left of it.',
    );
  } else {
    console.log(failures.map((failure) => `NOT AS IT SHOULD BE: ${failure}`).join('\n'));
    process.exitCode = 1;
  }
}

async function tell(engine: Engine, workshop: string): Promise<void> {
  const shell = openShell(engine, workshop);
  const restart = '--restart --stop-command "$STOP" --start-command "$START"';

  title('A Docker engine of its own, without network, and two stand-ins for Alpine releases');
  await importBase(engine, 'alpine:3.7', release('3.7.3', 'only-in-3.7'), shellAsCommand);
  await importBase(engine, 'alpine:3.12', release('3.12.12', 'only-in-3.12'), shellAsCommand);
  shell.introduce();
  await shell.run('docker images');

  title('An application on the old base');
  await shell.run('cat Dockerfile');
  await shell.run('docker build --network none -t my-alpine:3.7 .');
  shell.expectView('before the rebase', OLD, await shell.run(RUN));
  const before = await imageId(engine);

  title('What a rebase would do: --dry-run writes nothing');
  await shell.run('rebase-image my-alpine:3.7 --onto alpine:3.12 --dry-run');
  expect('--dry-run leaves the image alone', (await imageId(engine)) === before);

  title('The rebase, with one restart of dockerd');
  await shell.run(`rebase-image my-alpine:3.7 --onto alpine:3.12 --yes ${restart}`);
  expect('my-alpine:3.7 is another image now', (await imageId(engine)) !== before);
  shell.expectView('after the rebase', NEW, await shell.run(RUN));
  await shell.run('docker images');
  await shell.run('docker history my-alpine:3.7');

  title('And back again');
  await shell.run('rebase-image undo --dry-run');
  await shell.run(`rebase-image undo --yes`);
  expect('undo gives the very same image back', (await imageId(engine)) === before);
  shell.expectView('after undo', OLD, await shell.run(RUN));
}

function release(version: string, marker: string): Files {
  return {
    'etc/alpine-release': `${version}\n`,
    'etc/os-release': [
      'NAME="Alpine Linux"',
      'ID=alpine',
      `VERSION_ID=${version}`,
      `PRETTY_NAME="Alpine Linux v${version.replace(/\.\d+$/, '')} (stand-in)"`,
      '',
    ].join('\n'),
    [`etc/${marker}`]: 'a file of this base alone\n',
  };
}

/** A shell in which the transcript's lines are true as they stand. */
function openShell(engine: Engine, workshop: string) {
  const bin = join(workshop, 'bin');
  const project = join(workshop, 'my-alpine');
  mkdirSync(bin);
  writeFiles(project, { Dockerfile: DOCKERFILE, 'app.sh': APP });
  // PATH keeps its order otherwise: `docker` is the client that suits the engine.
  symlinkSync(which(engine.client), join(bin, 'docker'));
  writeFileSync(
    join(bin, 'rebase-image'),
    `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(join(ROOT, 'dist/cli.js'))} "$@"\n`,
  );
  chmodSync(join(bin, 'rebase-image'), 0o755);

  const settings = {
    DOCKER_HOST: `unix://${engine.socket}`,
    REBASE_IMAGE_HOST: `unix://${engine.socket}`,
    REBASE_IMAGE_DATA_ROOT: engine.dataRoot,
    STOP: engine.stopCommand,
    START: engine.startCommand,
  };
  const inherited = Object.entries(engine.env).filter(
    ([name]) => !name.startsWith('REBASE_IMAGE_'),
  );
  const env = {
    ...Object.fromEntries(inherited),
    ...settings,
    DOCKER_BUILDKIT: '0', // Its output reads well without a terminal.
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
  };

  return {
    /** Shows the settings that the lines below rely on. */
    introduce(): void {
      console.log();
      for (const [name, value] of Object.entries(settings)) {
        console.log(`$ export ${name}=${quote(value)}`);
      }
    },
    /** Shows a command line, runs it, shows and gives back its output. */
    async run(line: string): Promise<string> {
      console.log(`\n$ ${line}`);
      const { status, stdout } = await execute('sh', ['-c', `{ ${line}; } 2>&1`], {
        env,
        cwd: project,
      });
      process.stdout.write(stdout);
      expect(`\`${line}\` succeeds (its exit status is ${status})`, status === 0);
      return stdout;
    },
    expectView(when: string, view: View, output: string): void {
      const lines = output.split('\n');
      expect(
        `${when}: runs on Alpine ${view.base}`,
        lines.some((line) => line.startsWith(`running on Alpine ${view.base}.`)),
      );
      expect(`${when}: has ${view.present}`, lines.includes(view.present));
      expect(`${when}: has no ${view.absent}`, !lines.includes(view.absent));
      expect(
        `${when}: has the application, its ENV and its build-time file`,
        lines.includes('hello from /app/app.sh') && lines.includes('built on 3.7.3'),
      );
    },
  };
}

function expect(what: string, holds: boolean): void {
  if (!holds) failures.push(what);
}

function title(text: string): void {
  console.log(`\n# ${text}`);
}

function imageId(engine: Engine): Promise<string> {
  return engine.docker('image', 'inspect', '--format', '{{.Id}}', 'my-alpine:3.7');
}

function which(program: string): string {
  const { stdout } = spawnSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' });
  return stdout.trim();
}

function prepare(file: string, args: readonly string[]): void {
  const { status } = spawnSync(file, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${args.join(' ')} failed`);
}
