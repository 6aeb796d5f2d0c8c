/**
 * Programs that see other files in /etc than the machine has: in a mount namespace of their own,
 * with a folder laid over /etc. Nothing of the machine changes.
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from './cleanup.ts';
import { cliCommand } from './cli.ts';
import { type CommandResult, execute, quote } from './engine.ts';
import { type Files, writeFiles } from './images.ts';

/** Runs `rebase-image` with these files in /etc, and without the sockets of a Docker that runs here. */
export async function rebaseImageWithEtc(
  etc: Files,
  args: readonly string[],
): Promise<CommandResult> {
  const command = cliCommand(args);
  const program = [command.file, ...command.args].map(quote).join(' ');
  const script = `${overEtc(etc)} && mount -t tmpfs tmpfs /run && exec ${program}`;
  return execute('unshare', ['--mount', 'sh', '-c', script], { env: command.env });
}

/** @returns the path of a program that starts `dockerd` with these files in /etc */
export function dockerdWithEtc(etc: Files, dockerd: string): string {
  // Not named dockerd: the engine's own PATH would lead back to it.
  const path = join(tempFolder(), 'start-with-etc');
  const script = `${overEtc(etc)} && exec ${quote(dockerd)} "$@"`;
  // Private as to what it mounts over /etc; its containers' mounts come and go as ever.
  writeFileSync(path, `#!/bin/sh\nexec unshare --mount sh -c ${quote(script)} sh "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A shell line that lays the files over /etc. */
function overEtc(etc: Files): string {
  const folder = tempFolder();
  chmodSync(folder, 0o755);
  writeFiles(folder, etc);
  return `mount -t overlay -o ro,lowerdir=${folder}:/etc overlay /etc`;
}
