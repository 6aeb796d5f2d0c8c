import type { PackageFact } from '../../domain/file-fact.ts';

/** What a package database lists: version by name, and what is wrong with its files. */
export interface PackageList {
  readonly versions: ReadonlyMap<string, string>;
  readonly damage: string | undefined;
}

/** What reading one file of a database gave. */
export interface PackageFile {
  readonly packages: readonly PackageFact[];
  /** Why there may be more packages than these. */
  readonly damage: string | undefined;
}

/** No name, version or architecture is longer; more is not a package but noise. */
const LONGEST_FIELD = 200;

/** The list that the files of one database make together. */
export function packageList(files: readonly PackageFile[]): PackageList {
  const found = new Map<string, Set<string>>();
  for (const { name, version } of files.flatMap(({ packages }) => packages)) {
    const versions = found.get(name) ?? new Set();
    found.set(name, versions.add(version));
  }
  const damage = files.find((file) => file.damage !== undefined)?.damage;
  // Several architectures, and of rpm several versions, share a name.
  const versions = [...found].map(([name, all]) => [name, [...all].sort().join(', ')] as const);
  return { versions: new Map(versions), damage };
}

/**
 * A file of stanzas, each a package, separated by empty lines, as dpkg and apk write them. `read`
 * gives the package of a stanza's lines, `undefined` for one that is not installed, or `damaged`.
 */
export function readStanzas(
  text: string,
  read: (lines: readonly string[]) => PackageFact | 'damaged' | undefined,
): PackageFile {
  const packages: PackageFact[] = [];
  let damage = text === '' || text.endsWith('\n') ? undefined : 'it is cut short';
  for (const stanza of text.split(/\n{2,}/)) {
    const lines = stanza.split('\n').filter((line) => line !== '');
    const found = lines.length === 0 ? undefined : read(lines);
    if (found === undefined) continue;
    if (found === 'damaged' || Object.values(found).some(isTooLong)) {
      damage ??= 'a package in it has no name or no version';
    } else {
      packages.push(found);
    }
  }
  return { packages, damage };
}

function isTooLong(field: string): boolean {
  return field.length > LONGEST_FIELD;
}
