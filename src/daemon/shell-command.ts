import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A shell command that has been started. */
export interface ShellCommand {
  /** undefined while it runs; 128 + n stands for a signal, as in a shell; 127 when sh is missing. */
  exitCode(): number | undefined;
  /** Its exit code, or undefined when it still runs after so many milliseconds. */
  ended(timeoutMs: number): Promise<number | undefined>;
  /** stdout and stderr so far, in the order written. */
  output(): string;
  /** Ends it and what it has started in its process group. */
  kill(): void;
  /** Removes the output's file when the command has ended; one that outlives us keeps it, visible. */
  forget(): void;
}

/**
 * Takes a shell command line, starts it with `sh -c` in a session of its own (Ctrl-C and our end do not
 * reach a dockerd that it starts). Output goes to a temporary file, not a pipe: a daemon left behind
 * would keep the pipe open, or die of it when we end.
 */
export function startShell(line: string): ShellCommand {
  const folder = mkdtempSync(join(tmpdir(), 'rebase-image-'));
  const file = join(folder, 'output');
  const fd = openSync(file, 'a', 0o600);
  const child = spawn('sh', ['-c', line], { detached: true, stdio: ['ignore', fd, fd] });
  closeSync(fd);
  child.unref();

  let code: number | undefined;
  const end = new Promise<void>((resolve) => {
    child.on('exit', (status, signal) => {
      code = status ?? (signal === 'SIGKILL' ? 137 : 143);
      resolve();
    });
    child.on('error', () => {
      code = 127;
      resolve();
    });
  });
  return {
    exitCode: () => code,
    async ended(timeoutMs) {
      let clock: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        clock = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([end, late]);
      clearTimeout(clock);
      return code;
    },
    output: () => readFileSync(file, 'utf8'),
    kill() {
      if (child.pid !== undefined && code === undefined) process.kill(-child.pid, 'SIGKILL');
    },
    forget() {
      void end.then(() => {
        rmSync(folder, { recursive: true, force: true });
      });
    },
  };
}
