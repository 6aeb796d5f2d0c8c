/** The complete state of a directory tree, to prove that two states of a store are equal. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';

export interface ReadTreeOptions {
  /** Record modification times too (default false). */
  readonly mtimes?: boolean;
  /** Record link counts and which names share a file (default true). */
  readonly links?: boolean;
  /** Relative paths (latin1) that are left out with everything below them. */
  readonly ignore?: readonly string[];
}

/** Description by relative path; `.` is the root. Names are bytes, one latin1 character each. */
export type TreeState = Map<string, string>;

/**
 * Reads every file below `root` without following symlinks: type, mode, owner, link count, device
 * number, size, sha256 of the content, link target and all xattrs, in the order of sorted paths. A
 * directory's size and link count are left out: they follow from its entries and the file system.
 */
export function readTree(root: string, options: ReadTreeOptions = {}): TreeState {
  const xattrs = readXattrs(root);
  const ignored = new Set(options.ignore);
  const firstNames = new Map<string, string>();
  const state: TreeState = new Map();
  const top = Buffer.from(root).toString('latin1');

  const visit = (path: string): void => {
    if (ignored.has(path)) return;
    const absolute = Buffer.from(path === '.' ? top : `${top}/${path}`, 'latin1');
    const stat = fs.lstatSync(absolute, { bigint: true });
    const facts = [...factsOf(absolute, stat)];
    if (options.links !== false && !stat.isDirectory() && stat.nlink > 1n) {
      const inode = `${stat.dev.toString()}:${stat.ino.toString()}`;
      const first = firstNames.get(inode);
      if (first === undefined) firstNames.set(inode, path);
      facts.push(`nlink=${stat.nlink.toString()}`);
      if (first !== undefined) facts.push(`same-file-as=${first}`);
    }
    if (options.mtimes === true) facts.push(`mtimeNs=${stat.mtimeNs.toString()}`);
    state.set(path, [...facts, ...(xattrs.get(path) ?? [])].join(' '));
    if (!stat.isDirectory()) return;
    const names = fs.readdirSync(absolute, { encoding: 'buffer' });
    for (const name of names.map((bytes) => bytes.toString('latin1')).sort()) {
      visit(path === '.' ? name : `${path}/${name}`);
    }
  };
  visit('.');
  return state;
}

/** One line for each path that is added (+), gone (-) or changed (~); empty when equal. */
export function diffTrees(before: TreeState, after: TreeState): string[] {
  const lines: string[] = [];
  for (const path of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const old = before.get(path);
    const now = after.get(path);
    if (old === now) continue;
    if (old === undefined) lines.push(`+ ${path}: ${now ?? ''}`);
    else if (now === undefined) lines.push(`- ${path}: ${old}`);
    else lines.push(`~ ${path}: ${changedFacts(old, now)}`);
  }
  return lines;
}

function* factsOf(absolute: Buffer, stat: fs.BigIntStats): Generator<string> {
  const type = typeOf(stat);
  yield type;
  yield `mode=${(stat.mode & 0o7777n).toString(8).padStart(4, '0')}`;
  yield `owner=${stat.uid.toString()}:${stat.gid.toString()}`;
  if (type === 'file') {
    yield `size=${stat.size.toString()}`;
    yield `sha256=${hashOf(absolute)}`;
  }
  if (type === 'symlink') {
    const target = fs.readlinkSync(absolute, { encoding: 'buffer' }).toString('latin1');
    yield `target=${JSON.stringify(target)}`;
  }
  if (type === 'char' || type === 'block') yield `rdev=${stat.rdev.toString()}`;
}

function typeOf(stat: fs.BigIntStats): string {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'dir';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'char';
  if (stat.isBlockDevice()) return 'block';
  if (stat.isFIFO()) return 'fifo';
  return 'socket';
}

function hashOf(absolute: Buffer): string {
  const hash = createHash('sha256');
  const file = fs.openSync(absolute, 'r');
  try {
    for (;;) {
      const count = fs.readSync(file, CHUNK, 0, CHUNK.length, null);
      if (count === 0) return hash.digest('hex');
      hash.update(CHUNK.subarray(0, count));
    }
  } finally {
    fs.closeSync(file);
  }
}

/** All xattrs below `root` by relative path, each as `name=0x...`, from one getfattr. */
function readXattrs(root: string): Map<string, string[]> {
  const result = spawnSync('getfattr', ['-PRhd', '-m-', '-e', 'hex', '.'], {
    cwd: root,
    encoding: 'latin1',
    maxBuffer: 1 << 30,
    // A sentence of getfattr's must not depend on the user's language.
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (result.error !== undefined) {
    throw new Error('cannot run getfattr (Debian: apt-get install attr)', { cause: result.error });
  }
  if (result.status !== 0) throw new Error(`getfattr failed on ${root}: ${result.stderr}`);
  const found = new Map<string, string[]>();
  for (const block of result.stdout.split('\n\n')) {
    const [head, ...values] = block.split('\n').filter((line) => line !== '');
    if (head === undefined) continue;
    const path = unescapeOctal(head.slice('# file: '.length));
    found.set(path, values.sort());
  }
  return found;
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function changedFacts(old: string, now: string): string {
  const before = old.split(' ');
  const after = now.split(' ');
  const gone = before.filter((fact) => !after.includes(fact));
  const come = after.filter((fact) => !before.includes(fact));
  return `${gone.join(' ')} -> ${come.join(' ')}`;
}

const CHUNK = Buffer.alloc(1 << 18);
