import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { toolRunner, type RunTool } from '../../src/daemon/run-tool.ts';
import { writeFiles } from './temp-folder.ts';

/** Real executables named systemctl and systemd-run that log what they are called with. */
export interface FakeSystemd {
  readonly run: RunTool;
  /** Every call but `systemctl show`, in order. */
  calls(): string[];
  /** The answer to `systemctl show` for a unit: its lines without Id. */
  unit(name: string, lines: readonly string[]): void;
  /** A shell line to run at a call that begins with these words; its exit code is the call's. */
  at(words: string, line: string): void;
}

const SYSTEMCTL = `#!/bin/sh
here=$(dirname "$0")/..
if [ "$1" = show ]; then
  echo "$2" > "$here/asked"
  shift 2
  for unit; do
    echo "Id=$unit"
    if [ -e "$here/units/$unit" ]; then cat "$here/units/$unit"; else echo LoadState=not-found; fi
    echo
  done
  exit 0
fi
echo "systemctl $*" >> "$here/log"
if [ -e "$here/at/$1" ]; then . "$here/at/$1"; fi
`;

const SYSTEMD_RUN = `#!/bin/sh
here=$(dirname "$0")/..
echo "systemd-run $*" >> "$here/log"
if [ -e "$here/at/systemd-run" ]; then . "$here/at/systemd-run"; fi
`;

/** Writes them into a folder and returns a runner that finds them, and /bin/sh's tools, on its PATH. */
export function fakeSystemd(folder: string): FakeSystemd {
  writeFiles(folder, { 'bin/systemctl': SYSTEMCTL, 'bin/systemd-run': SYSTEMD_RUN });
  for (const tool of ['systemctl', 'systemd-run']) chmodSync(join(folder, 'bin', tool), 0o755);
  const log = join(folder, 'log');
  return {
    run: toolRunner({ env: { PATH: `${folder}/bin:/usr/bin:/bin` }, timeoutMs: 60_000 }),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    unit(name, lines) {
      writeFiles(folder, { [`units/${name}`]: `${lines.join('\n')}\n` });
    },
    at(words, line) {
      writeFiles(folder, { [`at/${words}`]: '' });
      writeFileSync(join(folder, 'at', words), `${line}\n`);
    },
  };
}
