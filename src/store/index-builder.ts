/**
 * What dockerd makes of a layer's tar when it unpacks it into diff/, without a disk: the same
 * order, the same replacing, the same symlinks followed on the way to a name.
 * Source: moby pkg/archive/archive.go (Unpack, createTarFile), archive_linux.go (whiteouts); the
 * unpacking process has the layer as its root.
 */
import type { ByteString } from '../domain/byte-string.ts';
import type { EntryType, LayerIndex } from '../domain/layer-index.ts';
import { RebaseError } from '../errors.ts';
import { LayerListing } from './layer-listing.ts';
import { isOpaque } from './overlay-xattrs.ts';
import type { TarMember } from './tar-members.ts';

/** What hard links of each other share. */
interface Inode {
  readonly type: EntryType | 'whiteout';
  mode: number;
  uid: number;
  gid: number;
  readonly size: number;
  readonly crc: string | undefined;
  readonly target: ByteString | undefined;
  readonly device: string | undefined;
  isLinked: boolean;
}

interface Name {
  readonly inode: Inode;
  /** Of a directory: what is in it. */
  readonly children: Map<ByteString, Name>;
  isOpaque: boolean;
}

/** The kernel's limits for one path: bytes with the final NUL, and symlinks on the way. */
const MAX_PATH = 4096;
const MAX_SYMLINKS = 40;
/** Directories inside each other; with symlinks more could be made than any path can name. */
const MAX_DEPTH = MAX_PATH / 2;

const WHITEOUT = '.wh.';
const OPAQUE_MARKER = '.wh..wh..opq';

const TYPES: Readonly<Record<string, EntryType>> = {
  '0': 'file',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

const NO_FILE = { mode: 0, uid: 0, gid: 0, size: 0, crc: undefined, target: undefined };
const NOTHING = new Map<ByteString, never>();

/** Takes the members of a layer in their order, and gives its index. */
export class IndexBuilder {
  readonly #root = newDirectory();
  /** Directories by the path that led to them; forgotten whenever it could lead elsewhere. */
  readonly #known = new Map<ByteString, Name>();

  /** Throws STORE_DAMAGED for a member that dockerd could not have unpacked. */
  add(member: TarMember): void {
    const path = cleaned(member.name);
    const { parent, name } = splitPath(path);
    if (name === '') {
      // dockerd leaves its own root as it is, unless the tar calls it `/`.
      if (path === '/') setAttributes(this.#root, member);
      return;
    }
    const directory = this.#directory(parent);
    if (name === OPAQUE_MARKER) directory.isOpaque = true;
    else if (name.startsWith(WHITEOUT)) addWhiteout(directory, name.slice(WHITEOUT.length));
    else this.#addTo(directory, name, member);
  }

  /** The index of all that was added. */
  index(): LayerIndex {
    const listing = new LayerListing();
    list(listing, '', this.#root);
    return listing.index('tar-split');
  }

  #addTo(directory: Name, name: ByteString, member: TarMember): void {
    const there = directory.children.get(name);
    if (there !== undefined) {
      if (there.inode.type === 'directory' && member.type === '5') {
        setAttributes(there, member);
        return;
      }
      directory.children.delete(name);
      if (there.inode.type === 'directory' || there.inode.type === 'symlink') this.#known.clear();
    }
    directory.children.set(name, member.type === '1' ? this.#hardLink(member) : made(member));
  }

  /** One more name of a file, which gets the owner and the mode that the link's header has. */
  #hardLink({ linkName, mode, uid, gid }: TarMember): Name {
    const { parent, name } = splitPath(cleaned(linkName));
    const inode = this.#directory(parent).children.get(name)?.inode;
    if (inode === undefined || inode.type === 'directory') {
      throw notUnpacked('a hard link to what is no file of it');
    }
    Object.assign(inode, { uid, gid, isLinked: true });
    if (inode.type !== 'symlink') inode.mode = mode;
    return newName(inode);
  }

  /** The directory that a path leads to inside the layer; what is missing on the way is made. */
  #directory(path: ByteString): Name {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    if (path.length >= MAX_PATH) throw notUnpacked('a path that is too long');
    const directory = walkTo(this.#root, path);
    this.#known.set(path, directory);
    return directory;
  }
}

/** Follows a path from the root of a layer as the kernel does, and makes what is missing. */
function walkTo(root: Name, path: ByteString): Name {
  const trail = [root];
  const todo = path.split('/').reverse();
  let links = 0;
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (trail.length > 1) trail.pop();
      continue;
    }
    const here = trail.at(-1) ?? root;
    const there = here.children.get(name);
    const next = there ?? newDirectory();
    if (there === undefined) here.children.set(name, next);
    const { type, target = '' } = next.inode;
    if (type === 'symlink') {
      links += 1;
      if (links > MAX_SYMLINKS) throw notUnpacked('a path through too many symlinks');
      if (target.startsWith('/')) trail.length = 1;
      for (const part of target.split('/').reverse()) todo.push(part);
      continue;
    }
    if (type !== 'directory') throw notUnpacked('a path through what is no directory');
    trail.push(next);
    if (trail.length > MAX_DEPTH) throw notUnpacked('too many directories inside each other');
  }
  return trail.at(-1) ?? root;
}

function addWhiteout(directory: Name, name: ByteString): void {
  if (name === '' || name === '.' || name === '..' || directory.children.has(name)) {
    throw notUnpacked('a whiteout of what it has itself');
  }
  const inode: Inode = { ...NO_FILE, type: 'whiteout', device: undefined, isLinked: false };
  directory.children.set(name, newName(inode));
}

/** What a member that is no hard link becomes. */
function made(member: TarMember): Name {
  const type = TYPES[member.type];
  if (type === undefined) throw notUnpacked('a member of a type that dockerd does not unpack');
  const device = `${member.major}:${member.minor}`;
  const isDevice = type === 'char' || type === 'block';
  const name = newName({
    type: type === 'char' && device === '0:0' ? 'whiteout' : type,
    mode: type === 'symlink' ? 0o777 : member.mode,
    uid: member.uid,
    gid: member.gid,
    size: type === 'file' ? member.size : 0,
    crc: type === 'file' ? member.crc : undefined,
    target: type === 'symlink' ? member.linkName : undefined,
    device: isDevice ? device : undefined,
    isLinked: false,
  });
  name.isOpaque = type === 'directory' && isOpaque(member.xattrs);
  return name;
}

function setAttributes(directory: Name, { type, mode, uid, gid, xattrs }: TarMember): void {
  if (type !== '5') throw notUnpacked('a root that is no directory');
  Object.assign(directory.inode, { mode, uid, gid });
  if (isOpaque(xattrs)) directory.isOpaque = true;
}

/** A directory that dockerd makes on the way to a file. */
function newDirectory(): Name {
  const inode: Inode = { ...NO_FILE, type: 'directory', device: undefined, isLinked: false };
  inode.mode = 0o755;
  return newName(inode);
}

function newName(inode: Inode): Name {
  return {
    inode,
    children: inode.type === 'directory' ? new Map<ByteString, Name>() : NOTHING,
    isOpaque: false,
  };
}

function list(listing: LayerListing, path: ByteString, name: Name): void {
  const { inode, children } = name;
  listing.add(path, inode, inode.isLinked ? inode : undefined);
  if (name.isOpaque) listing.addOpaque(path);
  for (const [child, its] of children) list(listing, path === '' ? child : `${path}/${child}`, its);
}

/** As Go's path.Clean, but `..` stops at the root: no slash at the end, '' for `.`. */
function cleaned(path: ByteString): ByteString {
  const short = path.replace(/^(?:\.\/)+(?!\/)|\/$/g, '');
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(short)) return short;
  const names: ByteString[] = [];
  for (const name of path.split('/')) {
    if (name === '..') names.pop();
    else if (name !== '' && name !== '.') names.push(name);
  }
  return `${path.startsWith('/') ? '/' : ''}${names.join('/')}`;
}

/** The last name of a clean path and the path before it; '' of the root. */
function splitPath(path: ByteString): { parent: ByteString; name: ByteString } {
  const slash = path.lastIndexOf('/');
  return { parent: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) };
}

function notUnpacked(what: string): RebaseError {
  return new RebaseError('STORE_DAMAGED', `a layer has ${what}`);
}
