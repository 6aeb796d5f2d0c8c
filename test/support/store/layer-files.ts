/** Writes a layer's entries below an overlay2 `diff` directory, in OverlayFS's own format. */
import * as fs from 'node:fs';
import type { Entry } from './layer-entries.ts';
import type { Postponed } from './special-files.ts';
import type { TypeFlag } from './tar-header.ts';

/** Writes the entries below `diff` (absolute); device nodes, fifos and xattrs are postponed. */
export function writeLayerFiles(
  diff: string,
  entries: readonly Entry[],
  postponed: Postponed,
): void {
  const root = Buffer.from(diff).toString('latin1');
  for (const entry of entries) {
    const path = entry.path === '.' ? root : `${root}/${entry.path}`;
    writeEntry(root, path, entry, postponed);
    const xattrs = xattrsOnDisk(entry);
    if (xattrs.size > 0) postponed.xattrs.push({ path, values: xattrs });
  }
}

function writeEntry(root: string, path: string, entry: Entry, postponed: Postponed): void {
  const { node } = entry;
  const target = Buffer.from(path, 'latin1');
  switch (node.kind) {
    case 'file':
      fs.writeFileSync(target, node.content, { mode: entry.mode, flag: 'wx' });
      setAttributes(target, entry);
      return;
    case 'zeros':
      fs.writeFileSync(target, '', { mode: entry.mode, flag: 'wx' });
      fs.truncateSync(target, node.size);
      setAttributes(target, entry);
      return;
    case 'dir':
      if (entry.path !== '.') fs.mkdirSync(target);
      setAttributes(target, entry);
      postponed.directoryTimes.push({ path, mtime: entry.mtime });
      return;
    case 'symlink':
      fs.symlinkSync(Buffer.from(node.target, 'latin1'), target);
      fs.lchownSync(target, entry.uid, entry.gid);
      fs.lutimesSync(target, entry.mtime, entry.mtime);
      return;
    case 'hardlink':
      fs.linkSync(Buffer.from(`${root}/${node.target}`, 'latin1'), target);
      return;
    case 'char':
    case 'block':
    case 'fifo':
    case 'whiteout':
      postponed.nodes.push({
        name: path,
        type: NODE_TYPES[node.kind],
        mode: entry.mode,
        uid: entry.uid,
        gid: entry.gid,
        mtime: entry.mtime,
        ...('major' in node ? { major: node.major, minor: node.minor } : {}),
      });
      return;
  }
}

/** The owner first: chown clears setuid and file capabilities. */
function setAttributes(path: Buffer, entry: Entry): void {
  if (entry.uid !== 0 || entry.gid !== 0) fs.chownSync(path, entry.uid, entry.gid);
  fs.chmodSync(path, entry.mode);
  fs.utimesSync(path, entry.mtime, entry.mtime);
}

function xattrsOnDisk({ node, xattrs }: Entry): ReadonlyMap<string, Buffer> {
  if (node.kind !== 'dir' || !node.opaque) return xattrs;
  return new Map([...xattrs, ['trusted.overlay.opaque', Buffer.from('y')]]);
}

const NODE_TYPES: Readonly<Record<'char' | 'block' | 'fifo' | 'whiteout', TypeFlag>> = {
  char: '3',
  block: '4',
  fifo: '6',
  whiteout: '3',
};
