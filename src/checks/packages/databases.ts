/**
 * Where package managers keep what is installed, and how it is read.
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { FileFact, FileFacts, FileRequest } from '../../domain/file-fact.ts';
import { lookup, type Found, type MergedTree } from '../../domain/merged-tree.ts';
import { readApk } from './apk.ts';
import { readDpkg } from './dpkg.ts';
import { packageList, type PackageFile, type PackageList } from './package-list.ts';

export interface PackageDatabase {
  readonly name: 'dpkg' | 'apk' | 'rpm';
  /** The folder below which everything is the manager's. */
  readonly folders: readonly ByteString[];
  /** The files that list the packages, in a tree. */
  readonly lists: (tree: MergedTree) => readonly Found[];
  readonly want: 'text' | 'rpm';
  readonly read: (bytes: ByteString) => PackageFile;
}

const RPM_FOLDERS = ['var/lib/rpm', 'usr/lib/sysimage/rpm'];

export const PACKAGE_DATABASES: readonly PackageDatabase[] = [
  {
    name: 'dpkg',
    folders: ['var/lib/dpkg'],
    lists: (tree) => [...filesAt(tree, ['var/lib/dpkg/status']), ...statusFiles(tree)],
    want: 'text',
    read: readDpkg,
  },
  {
    name: 'apk',
    folders: ['lib/apk/db', 'usr/lib/apk/db'],
    lists: (tree) => filesAt(tree, ['lib/apk/db/installed', 'usr/lib/apk/db/installed']),
    want: 'text',
    read: readApk,
  },
  {
    // One of the three at a time: Berkeley DB, ndb, sqlite (rpm 4.16 and later).
    name: 'rpm',
    folders: RPM_FOLDERS,
    lists: (tree) =>
      filesAt(
        tree,
        RPM_FOLDERS.flatMap((folder) =>
          ['Packages', 'Packages.db', 'rpmdb.sqlite'].map((file) => `${folder}/${file}`),
        ),
      ),
    want: 'rpm',
    read: () => ({ packages: [], damage: 'it is no rpm database' }),
  },
];

/** The database that a path is part of; undefined for all others. */
export function databaseOf(path: ByteString): PackageDatabase | undefined {
  return PACKAGE_DATABASES.find(({ folders }) =>
    folders.some((folder) => path.startsWith(`${folder}/`)),
  );
}

/** What must be read to know the packages of a tree. */
export function listRequests(database: PackageDatabase, tree: MergedTree): FileRequest[] {
  return database.lists(tree).flatMap(({ path, node }) => {
    if (node.layer === undefined) return [];
    return [{ chainId: node.layer.chainId, path, want: database.want }];
  });
}

/** The packages of a tree, once `listRequests` are read. */
export function packagesIn(
  database: PackageDatabase,
  tree: MergedTree,
  files: FileFacts,
): PackageList {
  const facts = listRequests(database, tree).map((request) => files.get(request));
  return packageList(facts.map((fact) => fileOf(database, fact)));
}

function fileOf(database: PackageDatabase, fact: FileFact | undefined): PackageFile {
  switch (fact?.kind) {
    case 'bytes':
      return database.read(fact.bytes);
    case 'packages':
      return { packages: fact.packages, damage: undefined };
    case 'unreadable':
      return { packages: [], damage: fact.reason };
    case 'elf':
    case undefined:
      return { packages: [], damage: 'it has not been read' };
  }
}

function filesAt(tree: MergedTree, paths: readonly ByteString[]): Found[] {
  const found = new Map<ByteString, Found>();
  for (const path of paths) {
    const file = lookup(tree, path);
    if (file?.node.entry.type === 'file') found.set(file.path, file);
  }
  return [...found.values()];
}

/** Images without dpkg keep a file for each package; the checksums beside them are no packages. */
function statusFiles(tree: MergedTree): Found[] {
  const folder = lookup(tree, 'var/lib/dpkg/status.d');
  const names = [...(folder?.node.children.keys() ?? [])].filter(
    (name) => !/\.md5sums$/.test(name),
  );
  return filesAt(
    tree,
    names.map((name) => `${folder?.path ?? ''}/${name}`),
  );
}
