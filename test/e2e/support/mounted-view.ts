/** What a process sees of a stack of folders: mounted with overlayfs, walked name by name. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

import { must } from './must.ts';

export interface View {
  /** All that is seen of each path but its links; '' is the root. Paths are latin1. */
  readonly facts: ReadonlyMap<string, string>;
  /** The file of each path that is no directory. */
  readonly inodes: ReadonlyMap<string, string>;
}

/** Mounts folders, the uppermost first, on a new folder below `parent`, and reads all of it. */
export function viewOf(folders: readonly string[], parent: string): View {
  const target = join(parent, 'merged');
  // One folder alone cannot be mounted: below all of them is an empty one.
  const empty = join(parent, 'empty');
  mkdirSync(target);
  mkdirSync(empty);
  const lowerdir = [...folders, empty].join(':');
  must('mount', ['-t', 'overlay', '-o', `ro,lowerdir=${lowerdir}`, 'overlay', target]);
  try {
    return readView(target);
  } finally {
    must('umount', [target]);
    rmdirSync(target);
    rmdirSync(empty);
  }
}

/** The view in lines, sorted; of the names of one file all have the name that is first in order. */
export function linesOf(view: View, isIn: (path: string) => boolean = () => true): string[] {
  const firstNames = new Map<string, string>();
  const lines: string[] = [];
  for (const path of [...view.facts.keys()].filter(isIn).sort()) {
    const inode = view.inodes.get(path) ?? path;
    const first = firstNames.get(inode) ?? path;
    firstNames.set(inode, first);
    lines.push(`${JSON.stringify(path)} ${view.facts.get(path)!} file=${JSON.stringify(first)}`);
  }
  return lines;
}

function readView(root: string): View {
  const facts = new Map<string, string>();
  const inodes = new Map<string, string>();
  const visit = (path: string): void => {
    const place = Buffer.from(`${root}/${path}`, 'latin1');
    const stat = lstatSync(place, { bigint: true, throwIfNoEntry: false });
    // A directory that is of one layer only lists deleted names, which then are not there.
    if (stat === undefined) return;
    const { mode, uid, gid, mtimeNs } = stat;
    const isFile = stat.isFile();
    const what = isFile
      ? `${stat.size} ${createHash('sha256').update(readFileSync(place)).digest('hex')}`
      : stat.isSymbolicLink()
        ? readlinkSync(place, 'latin1')
        : stat.rdev;
    facts.set(path, `${mode.toString(8)} ${uid}:${gid} ${mtimeNs} ${JSON.stringify(String(what))}`);
    if (!stat.isDirectory()) {
      inodes.set(path, `${stat.dev}:${stat.ino}`);
      return;
    }
    for (const name of readdirSync(place, { encoding: 'buffer' })) {
      visit(`${path === '' ? '' : `${path}/`}${name.toString('latin1')}`);
    }
  };
  visit('');
  for (const [path, xattrs] of readXattrs(root, [...facts.keys()])) {
    facts.set(path, `${facts.get(path)!} ${xattrs.join(' ')}`);
  }
  return { facts, inodes };
}

function readXattrs(root: string, paths: readonly string[]): Map<string, string[]> {
  const input = Buffer.from(paths.map((path) => `./${path}\0`).join(''), 'latin1');
  const args = ['-c', 'cd "$1" && xargs -0 getfattr -Phd -m- -e hex --', 'sh', root];
  const found = new Map<string, string[]>();
  for (const block of must('sh', args, input).split('\n\n')) {
    const [head, ...values] = block.split('\n').filter((line) => line !== '');
    if (head === undefined) continue;
    const path = head
      .replace(/^# file: (\.\/?)?/, '')
      .replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      );
    found.set(path, values.sort());
  }
  return found;
}
