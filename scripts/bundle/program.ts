import { spawnSync } from 'node:child_process';
import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';

const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What every bundle of the sources has in common. */
export const COMMON: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // jsonc-parser's CommonJS build requires its parts in a way that no bundler can follow.
  mainFields: ['module', 'main'],
  alias: {
    'string-width': beside('string-width.ts'),
    '@noble/hashes/sha2.js': beside('sha256.ts'),
    'graceful-fs': beside('plain-fs.cjs'),
  },
  legalComments: 'none',
  logLevel: 'warning',
};

/** How a program ended that was run once while it was built. */
export interface FirstRun {
  readonly status: number | null;
  /** What it wrote on stderr. */
  readonly said: string;
}

/**
 * Makes a program of an entry point: `cli.js`, which runs `main.js` from `main.bytecode`. The folder,
 * which must be there, gets a package.json by which they are CommonJS. The bytecode is of what a run
 * with `args` compiles: bytecode of everything takes longer to load than it saves.
 */
export async function buildProgram(
  entry: string,
  folder: string,
  args: readonly string[],
): Promise<FirstRun> {
  await build({
    ...COMMON,
    entryPoints: { main: entry },
    outdir: folder,
    format: 'cjs',
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: {
      js: "'use strict'; const importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
    },
  });
  await declareType(folder, 'commonjs');
  await copyFile(beside('cli.js'), `${folder}/cli.js`);
  await chmod(`${folder}/cli.js`, 0o755);
  if ((await readFile(`${folder}/main.js`)).some((byte) => byte > 0x7f)) {
    throw new Error('the bundle is not ASCII, as which it is read');
  }
  // Of NODE_OPTIONS and the like nothing: V8 compares its flags with those of the bytecode.
  const env = { PATH: process.env['PATH'] };
  const { status, stderr, error } = spawnSync(
    process.execPath,
    [beside('record-bytecode.cjs'), folder, ...args],
    { env, encoding: 'utf8' },
  );
  if (error !== undefined) throw error;
  return { status, said: stderr };
}

/** Says what the .js files of a folder are. */
export async function declareType(folder: string, type: 'commonjs' | 'module'): Promise<void> {
  await writeFile(`${folder}/package.json`, `${JSON.stringify({ type })}\n`);
}
