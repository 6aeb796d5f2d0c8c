/** Stops the command where it first runs a tool, so that a test can do something meanwhile. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from './cleanup.ts';
import { quote } from './engine.ts';

export interface HeldTool {
  /** For the environment of the command: leads to a tool that waits at its first call. */
  readonly env: { readonly PATH: string };
  /** Resolves when the command has come there. @throws after five minutes */
  readonly reached: () => Promise<void>;
  /** Lets it go on. */
  readonly release: () => void;
}

/** Holds the first call of a tool (`cp` begins a stage, `sync` ends what it writes). */
export function holdTool(tool: 'cp' | 'sync'): HeldTool {
  const folder = tempFolder();
  const real = execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim();
  const file = (name: string): string => join(folder, name);
  writeFileSync(
    file(tool),
    `#!/bin/sh
if mkdir ${quote(file('reached'))} 2>/dev/null; then
  until [ -e ${quote(file('go'))} ] || [ ! -d ${quote(folder)} ]; do sleep 0.05; done
fi
exec ${quote(real)} "$@"
`,
  );
  chmodSync(file(tool), 0o755);
  return {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    async reached() {
      for (const deadline = Date.now() + 300_000; !existsSync(file('reached'));) {
        if (Date.now() > deadline) throw new Error(`the command does not come to its ${tool}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    release() {
      writeFileSync(file('go'), '');
    },
  };
}
