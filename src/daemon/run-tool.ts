import { spawn } from 'node:child_process';

import { RebaseError } from '../errors.ts';

/** How a tool ended. */
export interface ToolResult {
  /** The exit code; 128 + n stands for signal n, as in a shell. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one tool by name with its arguments, no shell in between. */
export type RunTool = (tool: string, args: readonly string[]) => Promise<ToolResult>;

export interface ToolRunnerOptions {
  /** Its PATH is where tools are looked up; the process's own environment by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** After this the tool is killed and the call throws; 120,000 by default. */
  readonly timeoutMs?: number;
}

/**
 * Returns a runner. A run resolves whatever the exit code; it throws TOOL_MISSING when the tool is
 * not on the PATH, and DAEMON_FAILED when it takes longer than the timeout. Messages are in the C
 * locale.
 */
export function toolRunner(options: ToolRunnerOptions = {}): RunTool {
  const env = { ...(options.env ?? process.env), LC_ALL: 'C' };
  const timeoutMs = options.timeoutMs ?? 120_000;
  return (tool, args) =>
    new Promise((resolve, reject) => {
      // Own process group: Ctrl-C on our terminal must not end a systemctl that starts dockerd.
      const child = spawn(tool, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      const clock = setTimeout(() => {
        child.kill('SIGKILL');
        const seconds = String(timeoutMs / 1000);
        reject(
          new RebaseError(
            'DAEMON_FAILED',
            `${commandLine(tool, args)} took longer than ${seconds} s`,
          ),
        );
      }, timeoutMs);
      child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.on('error', (cause) => {
        clearTimeout(clock);
        reject(
          new RebaseError('TOOL_MISSING', `cannot run ${tool}: ${cause.message}`, {
            hint: `is ${tool} installed and on the PATH?`,
            cause,
          }),
        );
      });
      child.on('close', (code, signal) => {
        clearTimeout(clock);
        resolve({
          code: code ?? 128 + (signal === 'SIGKILL' ? 9 : 15),
          stdout: Buffer.concat(stdout).toString(),
          stderr: Buffer.concat(stderr).toString(),
        });
      });
    });
}

/** Takes a tool and its arguments, returns the line to show for them. */
export function commandLine(tool: string, args: readonly string[]): string {
  return [tool, ...args].join(' ');
}
