/**
 * Proves the walls of DESIGN.md, section 3: which folder knows which, that the pure ones compute
 * only, and where the console is.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';
import ts from 'typescript';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

const MIDDLE = ['store', 'resolve', 'plan', 'checks', 'render', 'verify'];

/** What each folder may import besides itself and errors.ts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  ...Object.fromEntries(MIDDLE.map((folder) => [folder, ['domain']])),
  apply: ['domain', ...MIDDLE],
  daemon: ['domain', ...MIDDLE],
  api: ['domain', ...MIDDLE, 'apply', 'daemon'],
  cli: ['domain', ...MIDDLE, 'apply', 'daemon', 'api'],
};
const PURE = ['domain', 'resolve', 'plan', 'checks', 'render', 'verify'];
const IMPURE_PACKAGES = /^(node:.*|fs|fs-extra|http|net|child_process|crypto|os|path)$/;
/** What the pure folders could reach without an import. */
const IMPURE_GLOBALS = /^(process|Buffer|fetch|setTimeout|setInterval|performance|crypto)$/;

/** A source file: its path below src, with slashes, and its text. */
interface Source {
  readonly path: string;
  readonly text: string;
}

function folderOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

/** Every break of the rules in these files, one line each. */
function violations(sources: readonly Source[]): string[] {
  return sources.flatMap((source) =>
    [...placeProblems(source), ...importProblems(source), ...codeProblems(source)].map(
      (problem) => `${source.path}: ${problem}`,
    ),
  );
}

function placeProblems({ path }: Source): string[] {
  const folders = path.split('/').slice(0, -1);
  const first = folders[0];
  return [
    ...folders
      .filter((folder) => /^(utils?|common|helpers?|shared|misc|lib)$/.test(folder))
      .map((folder) => `a folder called ${folder}`),
    ...(first !== undefined && !(first in MAY_IMPORT) ? [`the unknown folder ${first}`] : []),
    ...(first === undefined && !['index.ts', 'errors.ts'].includes(path)
      ? ['a file outside the folders']
      : []),
  ];
}

function importProblems({ path, text }: Source): string[] {
  const own = folderOf(path);
  return ts.preProcessFile(text, true, true).importedFiles.flatMap(({ fileName }) => {
    if (!fileName.startsWith('.')) {
      return PURE.includes(own) && IMPURE_PACKAGES.test(fileName)
        ? [`imports ${fileName}, and is pure`]
        : [];
    }
    const target = posix.join(posix.dirname(path), fileName);
    return mayImport(path, target) ? [] : [`imports ${target}`];
  });
}

function mayImport(path: string, target: string): boolean {
  if (target.startsWith('../')) return false;
  if (path === 'errors.ts') return false;
  if (target === 'errors.ts') return true;
  const from = folderOf(path);
  const to = folderOf(target);
  if (path === 'index.ts') return to !== 'cli' && to !== '';
  return from === to || (MAY_IMPORT[from] ?? []).includes(to);
}

function codeProblems({ path, text }: Source): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const problems: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isExportAssignment(node)) problems.push('exports a default');
    if (node.kind === ts.SyntaxKind.DefaultKeyword && ts.canHaveModifiers(node.parent)) {
      problems.push('exports a default');
    }
    if (ts.isExportSpecifier(node) && node.name.text === 'default') {
      problems.push('exports a default');
    }
    if (ts.isIdentifier(node) && isReferred(node)) problems.push(...wordProblems(path, node));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return problems;
}

/** Whether an identifier stands for a variable, and is not the name of a member. */
function isReferred({ parent, text }: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent)) return isNamed(parent.expression, text);
  return !(
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isPropertyDeclaration(parent)
  );
}

function isNamed(node: ts.Node, text: string): boolean {
  return ts.isIdentifier(node) && node.text === text;
}

function wordProblems(path: string, { text, parent }: ts.Identifier): string[] {
  const own = folderOf(path);
  const member = ts.isPropertyAccessExpression(parent) ? parent.name.text : '';
  return [
    ...(text === 'console' && own !== 'cli' ? ['uses the console'] : []),
    ...(text === 'process' && member === 'exit' ? ['calls process.exit'] : []),
    ...(text === 'process' && member === 'exitCode' && own !== 'cli' ? ['sets exitCode'] : []),
    ...(PURE.includes(own) && IMPURE_GLOBALS.test(text) ? [`uses ${text}, and is pure`] : []),
    ...(PURE.includes(own) && text === 'Math' && member === 'random' ? ['has randomness'] : []),
    ...(PURE.includes(own) && text === 'Date' && member === 'now' ? ['reads the clock'] : []),
    ...(PURE.includes(own) && text === 'Date' && isClock(parent) ? ['reads the clock'] : []),
  ];
}

/** `new Date()` or `Date()`; with arguments it is a calendar. */
function isClock(node: ts.Node): boolean {
  if (ts.isNewExpression(node)) return node.arguments === undefined || node.arguments.length === 0;
  return ts.isCallExpression(node) && node.expression.getText() === 'Date';
}

function sourcesOfTheProject(): Source[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && statSync(SRC + path).isFile())
    .sort()
    .map((path) => ({ path, text: readFileSync(SRC + path, 'utf8') }));
}

describe('architecture', () => {
  const sources = sourcesOfTheProject();

  it('has the folders that this test speaks of', () => {
    expect(sources.length).to.be.greaterThan(80);
    for (const folder of Object.keys(MAY_IMPORT)) {
      expect(
        sources.some(({ path }) => folderOf(path) === folder),
        folder,
      ).to.equal(true);
    }
  });

  it('holds in every file', () => {
    expect(violations(sources)).to.deep.equal([]);
  });

  it('sees the imports that are there', () => {
    const engine = sources.find(({ path }) => path === 'api/undo-transaction.ts');
    const imported = ts.preProcessFile(engine?.text ?? '').importedFiles.map((one) => one.fileName);
    expect(imported).to.include('../plan/plan-undo.ts').and.include('../domain/reference.ts');
  });

  describe('can fail', () => {
    const cases: [string, string, string, string][] = [
      [
        'domain knows a middle folder',
        'domain/x.ts',
        "import '../plan/y.ts';",
        'imports plan/y.ts',
      ],
      [
        'one middle folder knows another, by a type only',
        'plan/x.ts',
        "import type { Y } from '../resolve/y.ts';",
        'imports resolve/y.ts',
      ],
      [
        'a middle folder knows the writing one',
        'store/x.ts',
        "export { y } from '../apply/y.ts';",
        'imports apply/y.ts',
      ],
      [
        'apply knows daemon',
        'apply/deep/x.ts',
        "const y = await import('../../daemon/y.ts');",
        'imports daemon/y.ts',
      ],
      [
        'daemon knows apply',
        'daemon/x.ts',
        "import * as y from '../apply/y.ts';",
        'imports apply/y.ts',
      ],
      ['api knows cli', 'api/x.ts', "import { y } from '../cli/y.ts';", 'imports cli/y.ts'],
      ['errors knows anything', 'errors.ts', "import './domain/y.ts';", 'imports domain/y.ts'],
      ['the library knows cli', 'index.ts', "export * from './cli/y.ts';", 'imports cli/y.ts'],
      ['a file leaves src', 'api/x.ts', "import '../../test/y.ts';", 'imports ../test/y.ts'],
      ['a pure file reads files', 'plan/x.ts', "import 'node:fs';", 'imports node:fs, and is pure'],
      [
        'a pure file uses fs-extra',
        'verify/x.ts',
        "import fs from 'fs-extra';",
        'imports fs-extra, and is pure',
      ],
      [
        'a pure file calls the daemon',
        'render/x.ts',
        "import { request } from 'node:http';",
        'imports node:http, and is pure',
      ],
      ['a pure file reads the clock', 'plan/x.ts', 'const t = Date.now();', 'reads the clock'],
      ['a pure file asks for today', 'render/x.ts', 'const t = new Date();', 'reads the clock'],
      ['a pure file has randomness', 'plan/x.ts', 'const r = Math.random();', 'has randomness'],
      [
        'a pure file reads the environment',
        'render/x.ts',
        'const e = process.env;',
        'uses process, and is pure',
      ],
      ['a default export', 'api/x.ts', 'export default function x() {}', 'exports a default'],
      ['a default value', 'api/x.ts', 'export default 1;', 'exports a default'],
      [
        'a renamed default',
        'api/x.ts',
        'const x = 1; export { x as default };',
        'exports a default',
      ],
      ['console outside cli', 'api/x.ts', "console.error('x');", 'uses the console'],
      ['process.exit outside cli', 'api/x.ts', 'process.exit(1);', 'calls process.exit'],
      ['process.exit even in cli', 'cli/x.ts', 'process.exit(1);', 'calls process.exit'],
      ['an exit code outside cli', 'api/x.ts', 'process.exitCode = 1;', 'sets exitCode'],
      ['utils', 'api/utils/x.ts', '', 'a folder called utils'],
      ['common', 'common/x.ts', '', 'a folder called common'],
      ['a stray file', 'tools.ts', '', 'a file outside the folders'],
    ];
    for (const [name, path, text, problem] of cases) {
      it(name, () => {
        expect(violations([{ path, text }])).to.include(`${path}: ${problem}`);
      });
    }
  });

  describe('lets pass', () => {
    const cases: [string, string, string][] = [
      ['what lies below', 'api/x.ts', "import '../apply/y.ts'; import '../errors.ts';"],
      ['the own folder', 'plan/deep/x.ts', "import '../y.ts';"],
      ['words in comments and texts', 'plan/x.ts', "// console.log(process.exit)\nf('console');"],
      ['members of that name', 'render/x.ts', 'const a = b.process; const c = { console: 1 };'],
      ['a date that is given', 'render/x.ts', 'const t = new Date(given);'],
      ['the console in cli', 'cli/x.ts', "console.log('x'); process.exitCode = 1;"],
    ];
    for (const [name, path, text] of cases) {
      it(name, () => {
        expect(violations([{ path, text }])).to.deep.equal([]);
      });
    }
  });
});
