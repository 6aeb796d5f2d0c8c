import type { PackageList } from './package-list.ts';

/** A package whose version in the app's database is not the new base's. */
export interface HiddenPackage {
  readonly name: string;
  /** What the app's database says. */
  readonly listed: string;
  readonly fresh: string;
}

/** How the database that the app layers hold differs from that of the new base. */
export interface PackageDifferences {
  /** Listed as the old base had them, while the files are the new base's. */
  readonly stale: readonly HiddenPackage[];
  /** In a version that neither base has: the app layers upgraded them, and hold their files. */
  readonly own: readonly HiddenPackage[];
  /** The new base brings them, and the app's database does not list them. */
  readonly unlisted: readonly string[];
  /** Listed as the old base had them; the new base has none of them. */
  readonly gone: readonly string[];
}

/** Compares what the rebased image lists with what its bases list. */
export function comparePackages(
  app: PackageList,
  oldBase: PackageList,
  newBase: PackageList,
): PackageDifferences {
  const differing = [...newBase.versions].flatMap(([name, fresh]) => {
    const listed = app.versions.get(name);
    return listed === undefined || listed === fresh ? [] : [{ name, listed, fresh }];
  });
  const isOldBases = (name: string): boolean =>
    app.versions.get(name) === oldBase.versions.get(name);
  return {
    stale: differing.filter(({ name }) => isOldBases(name)),
    own: differing.filter(({ name }) => !isOldBases(name)),
    unlisted: [...newBase.versions.keys()].filter((name) => !app.versions.has(name)),
    gone: [...app.versions.keys()].filter(
      (name) => isOldBases(name) && !newBase.versions.has(name),
    ),
  };
}
