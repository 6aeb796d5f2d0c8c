/**
 * The one port through which a transaction changes anything: every write, rename, link, fsync and
 * child process of apply goes through a Disk, so that each of them is a point at which a test can
 * stop or fail the run.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { pipeline } from 'node:stream/promises';
import fse from 'fs-extra';
import { RebaseError } from '../errors.ts';
import { errnoOf } from '../store/read-file.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export interface Disk {
  /** Makes a folder with exactly this mode. Fails when the name exists. */
  makeDirectory(path: string, mode: number, owner?: Owner): void;
  /** Makes a folder and those above it where they are missing. Paths in layers are bytes. */
  ensureDirectory(path: string | Buffer, mode: number): void;
  /** Writes a new file with exactly this mode. Fails when the name exists. Not yet durable. */
  writeFile(path: string, content: string, mode: number): void;
  /** Copies a file to a new name, sharing its blocks where the file system can. */
  copyFile(from: string, to: string): void;
  /** Copies a file to a new name by sharing its blocks. Throws where the file system cannot. */
  reflinkFile(from: string, to: string): void;
  /** Appends to a file and makes the bytes durable before it returns. */
  appendDurably(path: string, content: string): void;
  /** Cuts a file to its first bytes. */
  truncate(path: string, bytes: number): void;
  rename(from: string, to: string): void;
  symlink(target: string, path: string): void;
  /** Paths are bytes: names in layers need not be text. */
  hardLink(from: Buffer, to: Buffer): void;
  /** Removes a file or symlink; a name that is not there is fine. */
  removeFile(path: string | Buffer): void;
  removeEmptyDirectory(path: string): void;
  /** Removes folders with everything below them, never through a symlink; absent is fine. */
  removeTrees(paths: readonly string[]): Promise<void>;
  /** Makes a file's bytes, or a folder's names, durable. */
  sync(path: string): void;
  /** Runs a program to its end. Throws APPLY_FAILED with its last words. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<void>;
}

export interface RunOptions {
  readonly cwd?: string;
  /** What a stream throws ends the program and is thrown. */
  readonly input?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly env?: Readonly<Record<string, string>>;
  /** Kills the program and all that it started; the signal's reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** The host's own disk. */
export const hostDisk: Disk = {
  makeDirectory(path, mode, owner) {
    mkdirSync(path);
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
    chmodSync(path, mode);
  },
  ensureDirectory(path, mode) {
    // Its types know text only; it hands the path to fs.mkdir, which takes either.
    fse.ensureDirSync(path as string, { mode });
  },
  writeFile(path, content, mode) {
    withFile(path, 'wx', (fd) => {
      writeAll(fd, content);
    });
    chmodSync(path, mode);
  },
  copyFile(from, to) {
    copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  },
  reflinkFile(from, to) {
    copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
  },
  appendDurably(path, content) {
    withFile(path, 'a', (fd) => {
      writeAll(fd, content);
      fsyncSync(fd);
    });
  },
  truncate: truncateSync,
  rename: renameSync,
  symlink: symlinkSync,
  hardLink: linkSync,
  removeFile(path) {
    rmSync(path, { force: true });
  },
  removeEmptyDirectory: rmdirSync,
  // Node's own recursive removal cannot name files whose names are not UTF-8.
  async removeTrees(paths) {
    for (let at = 0; at < paths.length; at += PATHS_PER_COMMAND) {
      const some = paths.slice(at, at + PATHS_PER_COMMAND);
      await run('rm', ['-rf', '--one-file-system', '--', ...some]);
    }
  },
  sync(path) {
    withFile(path, 'r', fsyncSync);
  },
  run,
};

/** Paths that one command line is given. */
const PATHS_PER_COMMAND = 2000;

function withFile(path: string, flags: string, use: (fd: number) => void): void {
  const fd = openSync(path, flags, 0o600);
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, content: string): void {
  const bytes = new TextEncoder().encode(content);
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** Last words of a program that are worth showing. */
const LAST_WORDS = 2000;

async function run(
  command: string,
  args: readonly string[],
  { cwd, input, env, signal }: RunOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    // Own process group: a Ctrl-C in the terminal must not kill cp in the middle of a layer.
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'ignore', 'pipe'],
      detached: true,
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-LAST_WORDS);
    });
    child.on('error', (cause) => {
      reject(new RebaseError('TOOL_MISSING', `${command} could not be run`, { cause }));
    });
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch (error) {
        // It has ended, and only its `close` has not come yet.
        if (errnoOf(error) !== 'ESRCH') throw error;
      }
    };
    let badInput: Error | undefined;
    signal?.addEventListener('abort', kill);
    child.on('close', (status, killedBy) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted === true && status !== 0) reject(signal.reason as Error);
      else if (badInput !== undefined) reject(badInput);
      else if (status === 0) resolve();
      else reject(failed(command, said, killedBy ?? `exit status ${status ?? 'unknown'}`));
    });
    if (child.stdin === null || input === undefined) return;
    child.stdin.on('error', () => undefined);
    if (!isStream(input)) {
      child.stdin.end(input);
      return;
    }
    pipeline(input, child.stdin).catch((error: unknown) => {
      // A program that reads no further says why itself.
      if (['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(errnoOf(error) ?? '')) return;
      badInput = error as Error;
      kill();
    });
  });
}

function isStream(input: RunOptions['input']): input is AsyncIterable<Uint8Array> {
  return typeof input === 'object' && Symbol.asyncIterator in input;
}

function failed(command: string, said: string, how: string): RebaseError {
  const words = said.trim().split('\n').slice(-2).join('; ');
  const code = /No space left on device/i.test(words) ? 'NO_SPACE' : 'APPLY_FAILED';
  return new RebaseError(code, `${command} failed (${how})${words === '' ? '' : `: ${words}`}`);
}
