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
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  legalComments: 'none',
  logLevel: 'warning',
});
await chmod(`${dist}cli.js`, 0o755);
const { MANIFEST_SCHEMA } = await import(`${dist}index.js`);
await writeFile(`${dist}manifest.schema.json`, `${JSON.stringify(MANIFEST_SCHEMA, null, 2)}\n`);
await writeFile(
  `${dist}rebase-image.8`,
  execFileSync(process.execPath, [`${dist}cli.js`, '__man']),
);
