import { textOfBytes, type ByteString } from '../domain/byte-string.ts';
import { counted } from '../domain/counted.ts';
import type { FileFact, FileFacts, FileRequest } from '../domain/file-fact.ts';
import type { Finding } from '../domain/finding.ts';
import { accountsOf } from './accounts/accounts.ts';
import { contentsOf } from './same-file.ts';
import { namesOf, shadowFinding, type Shadow } from './shadows.ts';
import { someOf } from './some-of.ts';

/** Files whose lines are `name:password:ID:...`. Source: passwd(5), group(5). */
const LISTS: Readonly<Record<ByteString, string>> = { 'etc/passwd': 'user', 'etc/group': 'group' };

/** What must be read to name the accounts that are hidden. */
export function accountRequests(found: readonly Shadow[]): FileRequest[] {
  return found
    .filter(({ path }) => LISTS[path] !== undefined)
    .flatMap(({ app, fresh }) => contentsOf([app, fresh]));
}

/** Which users and groups of the new base are not in the files of the app, or have other IDs. */
export function accountFindings(found: readonly Shadow[], files: FileFacts): Finding[] {
  if (found.length === 0) return [];
  const hidden = found.flatMap((shadow) => hiddenAccounts(shadow, files));
  const names = `the app layers hide ${counted(found.length, 'account file')} of the new base: ${namesOf(found)}`;
  if (hidden.length === 0) {
    return [
      shadowFinding(found, 'note', names, {
        why: 'every user and group of the new base is in them, with its ID',
      }),
    ];
  }
  return [
    shadowFinding(found, 'review', `${names}; without ${someOf(hidden)}`, {
      why: 'programs of the new base that run as these, and files that they own, do not fit',
    }),
  ];
}

function hiddenAccounts({ path, app, fresh }: Shadow, files: FileFacts): string[] {
  const noun = LISTS[path];
  if (noun === undefined) return [];
  const [ours, theirs] = contentsOf([app, fresh]).map((request) => accountsIn(files.get(request)));
  if (ours === undefined || theirs === undefined) return [`what is in /${path}: it cannot be read`];
  return [...theirs]
    .filter(([name, id]) => ours.get(name) !== id)
    .map(([name, id]) => textOfBytes(`${noun} ${name} (${id})`));
}

/** ID by name; undefined for a file that cannot be read. */
function accountsIn(fact: FileFact | undefined): Map<ByteString, number> | undefined {
  if (fact?.kind !== 'bytes') return undefined;
  const accounts = new Map<ByteString, number>();
  for (const { name, id } of accountsOf(fact.bytes)) {
    // The first entry of a name counts: getpwnam(3) reads from the top.
    if (!accounts.has(name)) accounts.set(name, id);
  }
  return accounts;
}
