/**
 * App layers hide what the new base brings: they hold a path whose content differs between the two
 * bases. Told by kind of file, not file by file.
 */
import { counted } from '../domain/counted.ts';
import type { Finding } from '../domain/finding.ts';
import type { ContentCheck } from './content-facts.ts';
import { deletedFindings } from './deleted-paths.ts';
import { databaseOf, PACKAGE_DATABASES } from './packages/databases.ts';
import {
  isAccountFile,
  isCLibrary,
  isNoise,
  SHADOW_CLASSES,
  type ShadowClass,
} from './shadow-classes.ts';
import { accountFindings, accountRequests } from './shadowed-accounts.ts';
import { libcFindings, libcRequests } from './shadowed-libc.ts';
import { packageFindings, packageRequests } from './shadowed-packages.ts';
import { namesOf, shadowFinding, shadowRequests, shadows, type Shadow } from './shadows.ts';

export const shadowedCheck: ContentCheck = {
  name: 'shadowed',
  wanted: (facts, files) => {
    const compared = shadowRequests(facts, files);
    if (compared.length > 0) return compared;
    const { databases, libc, accounts } = byKind(shadows(facts, files));
    return [
      ...PACKAGE_DATABASES.flatMap((each) =>
        packageRequests(each, databases.get(each.name) ?? [], facts),
      ),
      ...libcRequests(libc, facts, files),
      ...accountRequests(accounts),
    ].filter((request) => files.get(request) === undefined);
  },
  judge: (facts, files) => {
    const { databases, libc, accounts, directories, others } = byKind(shadows(facts, files));
    return [
      ...PACKAGE_DATABASES.flatMap((each) =>
        packageFindings(each, databases.get(each.name) ?? [], facts, files),
      ),
      ...libcFindings(libc, facts, files),
      ...accountFindings(accounts, files),
      ...SHADOW_CLASSES.flatMap((each) => classFindings(each, others.get(each) ?? [])),
      ...directoryFindings(directories),
      ...deletedFindings(facts, files),
    ];
  },
};

interface ByKind {
  readonly databases: ReadonlyMap<string, readonly Shadow[]>;
  readonly libc: readonly Shadow[];
  readonly accounts: readonly Shadow[];
  readonly directories: readonly Shadow[];
  readonly others: ReadonlyMap<ShadowClass, readonly Shadow[]>;
}

function byKind(found: readonly Shadow[]): ByKind {
  const databases = new Map<string, Shadow[]>();
  const others = new Map<ShadowClass, Shadow[]>();
  const [libc, accounts, directories]: [Shadow[], Shadow[], Shadow[]] = [[], [], []];
  for (const shadow of found) {
    const { path, app } = shadow;
    const database = databaseOf(path);
    const itsClass = SHADOW_CLASSES.find(({ holds }) => holds(path));
    if (app.entry.type === 'directory') directories.push(shadow);
    else if (database !== undefined) into(databases, database.name, shadow);
    else if (isCLibrary(path)) libc.push(shadow);
    else if (isAccountFile(path)) accounts.push(shadow);
    else if (itsClass !== undefined) into(others, itsClass, shadow);
  }
  return { databases, libc, accounts, directories, others };
}

function into<Key>(groups: Map<Key, Shadow[]>, key: Key, shadow: Shadow): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [shadow]);
  else group.push(shadow);
}

function classFindings(
  { noun, severity, why, hint }: ShadowClass,
  found: readonly Shadow[],
): Finding[] {
  if (found.length === 0) return [];
  const message = `the app layers hide ${counted(found.length, noun)} of the new base: ${namesOf(found)}`;
  return [shadowFinding(found, severity, message, { why, hint })];
}

/** Of a directory that the app layers name, mode and owner are theirs. */
function directoryFindings(found: readonly Shadow[]): Finding[] {
  if (found.length === 0) return [];
  const directories = found.length === 1 ? '1 directory' : `${found.length} directories`;
  const described = found.map(({ path, app, fresh }) => ({
    path: `${path} (${accessOf(app)}, the new base: ${accessOf(fresh)})`,
  }));
  return [
    shadowFinding(
      found,
      found.every(({ path }) => isNoise(path)) ? 'note' : 'review',
      `the app layers keep mode and owner of ${directories}: ${namesOf(described)}`,
      { why: 'what the new base lets others read or write there may be more, or less' },
    ),
  ];
}

function accessOf({ entry: { mode, uid, gid } }: Shadow['app']): string {
  return `${mode.toString(8).padStart(4, '0')} ${uid}:${gid}`;
}
