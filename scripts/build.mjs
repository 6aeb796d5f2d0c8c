/**
 * Builds dist/: one bundle for the command, one for the library, with the rarely needed parts
 * (Engine API client, ...) in chunks of their own that load on first use. A bundled start is
 * half as long as one that resolves every module on disk.
 */
import { execFileSync } from 'node:child_process';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const dist = new URL('../dist/', import.meta.url).pathname;

await rm(dist, { recursive: true, force: true });
await build({
  entryPoints: {
    cli: 'src/cli/main.ts',
    index: 'src/index.ts',
    // What doctor starts on each core is a program of its own.
    'contents-worker': 'src/api/contents-worker.ts',
  },
  outdir: dist,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // jsonc-parser's CommonJS build requires its parts in a way that no bundler can follow.
  mainFields: ['module', 'main'],
  alias: {
    'string-width': new URL('bundle/string-width.ts', import.meta.url).pathname,
    '@noble/hashes/sha2.js': new URL('bundle/sha256.ts', import.meta.url).pathname,
  },
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
});
await chmod(`${dist}cli.js`, 0o755);
const { MANIFEST_SCHEMA, OUTPUT_SCHEMA } = await import(`${dist}index.js`);
for (const [name, schema] of Object.entries({ manifest: MANIFEST_SCHEMA, output: OUTPUT_SCHEMA })) {
  await writeFile(`${dist}${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
}
await writeFile(
  `${dist}rebase-image.8`,
  execFileSync(process.execPath, [`${dist}cli.js`, '__man']),
);
