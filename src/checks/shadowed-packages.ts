import { textOfBytes } from '../domain/byte-string.ts';
import { counted } from '../domain/counted.ts';
import type { FileFacts, FileRequest } from '../domain/file-fact.ts';
import type { Finding } from '../domain/finding.ts';
import type { ContentFacts } from './content-facts.ts';
import { comparePackages, type HiddenPackage } from './packages/compare-packages.ts';
import { listRequests, packagesIn, type PackageDatabase } from './packages/databases.ts';
import { namesOf, shadowFinding, type Shadow } from './shadows.ts';
import { someOf } from './some-of.ts';

/** What must be read to name the packages that a hidden database is about. */
export function packageRequests(
  database: PackageDatabase,
  found: readonly Shadow[],
  facts: ContentFacts,
): FileRequest[] {
  if (!hidesList(database, found, facts)) return [];
  return treesOf(facts).flatMap((tree) => listRequests(database, tree));
}

/**
 * An app layer that installed packages holds the whole database, as it was on the old base. What it
 * says of the new base's packages is wrong; what the app layers upgraded themselves stays theirs.
 */
export function packageFindings(
  database: PackageDatabase,
  found: readonly Shadow[],
  facts: ContentFacts,
  files: FileFacts,
): Finding[] {
  const { name } = database;
  if (found.length === 0) return [];
  if (!hidesList(database, found, facts)) {
    const message = `the app layers hide ${counted(found.length, 'record')} of ${name}: ${namesOf(found)}`;
    return [shadowFinding(found, 'note', message, { why: `they matter to ${name} alone` })];
  }
  const [app, oldBase, newBase] = treesOf(facts).map((tree) => packagesIn(database, tree, files));
  if (app === undefined || oldBase === undefined || newBase === undefined) return [];
  const damage = app.damage ?? newBase.damage ?? oldBase.damage;
  const differences = comparePackages(app, oldBase, newBase);
  return [
    ...(damage === undefined ? [] : [unreadable(name, found, damage)]),
    ...staleDatabase(name, found, differences),
    ...ownVersions(name, found, differences.own),
  ];
}

function unreadable(name: string, found: readonly Shadow[], damage: string): Finding {
  const message = `a database of ${name} cannot be read as a whole: ${textOfBytes(damage)}`;
  return shadowFinding(found, 'review', message, {
    why: 'which packages of the new base the app layers hide is not known for sure',
  });
}

function staleDatabase(
  name: string,
  found: readonly Shadow[],
  { stale, unlisted, gone }: ReturnType<typeof comparePackages>,
): Finding[] {
  const parts = [
    part(stale.length, 'in the old version', versionsOf(stale, 'for')),
    part(unlisted.length, 'not at all', someOf(unlisted)),
    part(gone.length, 'although the new base has none', someOf(gone)),
  ].filter((each) => each !== '');
  if (parts.length === 0) return [];
  const message = `the app's ${name} database hides the new base's and lists ${parts.join('; ')}`;
  return [
    shadowFinding(found, 'review', textOfBytes(message), {
      why: 'package managers and vulnerability scanners believe it, and the files are the new ones',
    }),
  ];
}

function part(count: number, how: string, which: string): string {
  return count === 0 ? '' : `${counted(count, 'package')} ${how} (${which})`;
}

function ownVersions(
  name: string,
  found: readonly Shadow[],
  own: readonly HiddenPackage[],
): Finding[] {
  if (own.length === 0) return [];
  const message =
    `the app layers upgraded ${counted(own.length, 'package')} of the base with ${name} and keep ` +
    `their own: ${versionsOf(own, 'over')}`;
  return [
    shadowFinding(found, 'review', textOfBytes(message), {
      why: 'their files hide those of the new base: its fixes to these packages do not take effect',
    }),
  ];
}

function versionsOf(packages: readonly HiddenPackage[], preposition: string): string {
  return someOf(
    packages.map(({ name, listed, fresh }) => `${name} ${listed} ${preposition} ${fresh}`),
  );
}

/** Whether one of the hidden files is one that lists packages. */
function hidesList(
  database: PackageDatabase,
  found: readonly Shadow[],
  { after }: ContentFacts,
): boolean {
  const lists = new Set(database.lists(after.tree).map(({ path }) => path));
  return found.some(({ path }) => lists.has(path));
}

function treesOf({ after, oldBase, newBase }: ContentFacts): ContentFacts['oldBase']['tree'][] {
  return [after.tree, oldBase.tree, newBase.tree];
}
