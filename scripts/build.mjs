/**
 * Builds dist/: the command as one CommonJS file with the bytecode of all its functions beside it,
 * and the library as ES modules. Resolving and compiling the sources takes longer than a rebase.
 */
import { execFileSync } from 'node:child_process';
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { bytecodeOf } from './bundle/bytecode.mjs';

const dist = new URL('../dist/', import.meta.url).pathname;
const beside = (name) => new URL(`bundle/${name}`, import.meta.url).pathname;

const common = {
  outdir: dist,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // jsonc-parser's CommonJS build requires its parts in a way that no bundler can follow.
  mainFields: ['module', 'main'],
  alias: {
    'string-width': beside('string-width.ts'),
    '@noble/hashes/sha2.js': beside('sha256.ts'),
    // fs-extra's patched fs is for programs that open more files than they may.
    'graceful-fs': 'node:fs',
  },
  legalComments: 'none',
  logLevel: 'warning',
};

await rm(dist, { recursive: true, force: true });
await build({
  ...common,
  entryPoints: { main: 'src/cli/main.ts' },
  format: 'cjs',
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: {
    js: "'use strict'; const importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
  },
});
await build({
  ...common,
  entryPoints: {
    index: 'src/index.ts',
    // What doctor starts on each core is a program of its own.
    'contents-worker': 'src/api/contents-worker.ts',
  },
  splitting: true,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
await copyFile(beside('cli.js'), `${dist}cli.js`);
await chmod(`${dist}cli.js`, 0o755);
await writeFile(`${dist}main.bytecode`, bytecodeOf(await readFile(`${dist}main.js`, 'utf8')));
await declareType(dist, 'commonjs');
await declareType(`${dist}types/`, 'module');

const { MANIFEST_SCHEMA, OUTPUT_SCHEMA } = await import(`${dist}index.mjs`);
for (const [name, schema] of Object.entries({ manifest: MANIFEST_SCHEMA, output: OUTPUT_SCHEMA })) {
  await writeFile(`${dist}${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
}
await writeFile(
  `${dist}rebase-image.8`,
  execFileSync(process.execPath, [`${dist}cli.js`, '__man']),
);

/** Says what the .js files of a folder are: those of the command are CommonJS, which starts faster. */
async function declareType(folder, type) {
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}package.json`, `${JSON.stringify({ type })}\n`);
}
