/**
 * Builds dist/: the command as one CommonJS file with the bytecode of a rebase beside it, and the
 * library as ES modules. Resolving and compiling the sources takes longer than a rebase.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildPracticeStore, PRACTICE } from './bundle/practice-store.ts';
import { buildProgram, COMMON, declareType } from './bundle/program.ts';

const dist = fileURLToPath(new URL('../dist', import.meta.url));

await rm(dist, { recursive: true, force: true });
// The command's files are CommonJS, which starts faster; its types are those of the library.
await mkdir(`${dist}/types`, { recursive: true });
await declareType(`${dist}/types`, 'module');
await buildCommand();
await build({
  ...COMMON,
  entryPoints: {
    index: 'src/index.ts',
    // What doctor starts on each core is a program of its own.
    'contents-worker': 'src/api/contents-worker.ts',
  },
  outdir: dist,
  splitting: true,
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

const { MANIFEST_SCHEMA, OUTPUT_SCHEMA } = (await import(
  `${dist}/index.mjs`
)) as typeof import('../src/index.ts');
for (const [name, schema] of Object.entries({ manifest: MANIFEST_SCHEMA, output: OUTPUT_SCHEMA })) {
  await writeFile(`${dist}/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
}
await writeFile(
  `${dist}/rebase-image.8`,
  execFileSync(process.execPath, [`${dist}/cli.js`, '__man']),
);

/** Its bytecode comes from a rebase in a store of its own, which only root can make. */
async function buildCommand(): Promise<void> {
  const store = await mkdtemp(`${tmpdir()}/rebase-image-practice-`);
  try {
    if (process.getuid?.() === 0) await buildPracticeStore(store);
    const args = [...PRACTICE, '--data-root', store, '--yes'];
    const { status, said } = await buildProgram('src/cli/main.ts', dist, args);
    if (status !== 0) console.warn(`The command will start slower: ${said.trim()}`);
  } finally {
    await rm(store, { recursive: true });
  }
}
