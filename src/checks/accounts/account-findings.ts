/**
 * The configured user, and the owners of the image's files, on the old base and on the new one.
 */
import { textOfBytes, type ByteString } from '../../domain/byte-string.ts';
import { counted } from '../../domain/counted.ts';
import { finding, type Finding } from '../../domain/finding.ts';
import type { LayerEntry } from '../../domain/layer-index.ts';
import type { ContentFacts } from '../content-facts.ts';
import type { RunningImage } from '../start/running-image.ts';
import { accountsOf, nameOf, runAs, type Account, type Accounts } from './accounts.ts';

/** Findings of check `missing` about accounts. Reads passwd and group of both images. */
export function accountFindings(
  facts: ContentFacts,
  before: RunningImage,
  after: RunningImage,
): Finding[] {
  const [old, now] = [accountsIn(before), accountsIn(after)];
  const [userBefore, user] = [before.config.user, after.config.user];
  const configured = configuredUser(userBefore, user, old, now, facts.newBase.name);
  const entries = facts.app.flatMap(({ index }) => index.entries);
  return [
    ...(configured.length > 0 ? configured : changedUser(userBefore, user, facts)),
    ...owners('user', entries, ({ uid }) => uid, old.users, now.users, facts.newBase.name),
    ...owners('group', entries, ({ gid }) => gid, old.groups, now.groups, facts.newBase.name),
  ];
}

function accountsIn(image: RunningImage): Accounts {
  const [users, groups] = ['/etc/passwd', '/etc/group'].map((path) => {
    const file = image.file(path);
    return accountsOf((file && image.text(file)) ?? '');
  }) as [Account[], Account[]];
  return { users, groups };
}

function configuredUser(
  userBefore: ByteString,
  user: ByteString,
  old: Accounts,
  now: Accounts,
  newName: string,
): Finding[] {
  if (user === '') return [];
  const [before, after] = [runAs(userBefore, old), runAs(user, now)];
  if ('unknown' in before) return [];
  if ('unknown' in after) {
    const [kind, name] = [after.unknown, textOfBytes(after.name)];
    return [
      finding('missing', 'breaks', `the configured ${kind} ${name} is not on ${newName}`, {
        why: `dockerd does not start the container: "unable to find ${kind} ${name}"`,
        path: kind === 'user' ? '/etc/passwd' : '/etc/group',
      }),
    ];
  }
  if (user !== userBefore || (before.uid === after.uid && before.gid === after.gid)) return [];
  const ids = [before, after].map(({ uid, gid }) => `${uid}:${gid}`);
  return [
    finding(
      'missing',
      'review',
      `the configured user ${textOfBytes(user)} runs as ${ids[1] ?? ''} on ${newName}, not ${ids[0] ?? ''}`,
      {
        why: 'files and volumes that belong to the old ids are no longer its own',
        path: '/etc/passwd',
      },
    ),
  ];
}

/** A user that the image takes from the new base. */
function changedUser(
  before: ByteString,
  after: ByteString,
  { oldBase, newBase }: ContentFacts,
): Finding[] {
  const [old, now] = [before, after].map((user) => (isRoot(user) ? 'root' : textOfBytes(user)));
  if (old === now || now === 'root') return [];
  return [
    finding(
      'missing',
      'review',
      `the image runs as ${now ?? ''}, the user of ${newBase.name}; on ${oldBase.name} it is ${old ?? ''}`,
      { why: 'files and volumes of the image belong to other users, and need not be its own' },
    ),
  ];
}

/** Dockerd runs as root what names no user; a group of its own does not matter here. */
function isRoot(user: ByteString): boolean {
  return /^(?:|0|root)(?::|$)/.test(user);
}

/** Ids of the image's files that have another name on the new base, or none. */
function owners(
  kind: 'user' | 'group',
  entries: readonly LayerEntry[],
  idOf: (entry: LayerEntry) => number,
  old: readonly Account[],
  now: readonly Account[],
  newName: string,
): Finding[] {
  const files = new Map<number, LayerEntry[]>();
  for (const entry of entries) {
    const id = idOf(entry);
    if (id === 0) continue;
    const others = files.get(id);
    if (others === undefined) files.set(id, [entry]);
    else others.push(entry);
  }
  return [...files].flatMap(([id, owned]): Finding[] => {
    const name = nameOf(old, id);
    if (name === undefined || now.some((each) => each.id === id && each.name === name)) return [];
    const [moved, other] = [now.find((each) => each.name === name)?.id, nameOf(now, id)];
    const means = [
      ...(moved === undefined ? [] : [`${textOfBytes(name)} is ${moved}`]),
      ...(other === undefined ? [] : [`${id} is ${textOfBytes(other)}`]),
    ];
    const message =
      `${counted(owned.length, 'path')} of the image belong${owned.length === 1 ? 's' : ''} to ` +
      `${kind} ${id}, ${textOfBytes(name)} before; on ${newName} ` +
      (means.length === 0 ? 'it has no name' : means.join(', '));
    return [
      finding('missing', means.length === 0 ? 'note' : 'review', message, {
        why: 'who may read and write these files is decided by number',
        path: `/${owned[0]?.path ?? ''}`,
      }),
    ];
  });
}
