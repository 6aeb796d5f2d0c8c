/**
 * /etc/passwd and /etc/group, and what `User` of a config means with them.
 * Sources: passwd(5), group(5); runc libcontainer/user GetExecUser (which dockerd uses).
 */
import type { ByteString } from '../../domain/byte-string.ts';

export interface Account {
  readonly name: ByteString;
  readonly id: number;
  /** Of a user: the primary group. */
  readonly group: number;
}

export interface Accounts {
  readonly users: readonly Account[];
  readonly groups: readonly Account[];
}

/** The ids that processes get, or the name that dockerd does not find. */
export type RunAs =
  | { readonly uid: number; readonly gid: number }
  | { readonly unknown: 'user' | 'group'; readonly name: ByteString };

/** The lines of a passwd or group file; those that are none are passed over, as libc does. */
export function accountsOf(text: ByteString): Account[] {
  return text.split('\n').flatMap((line): Account[] => {
    const [name = '', , id = '', group = ''] = line.trim().split(':');
    if (name === '' || name.startsWith('#') || !isNumber(id)) return [];
    return [{ name, id: Number(id), group: isNumber(group) ? Number(group) : 0 }];
  });
}

/** `user`, `user:group`; each a name or a number. A number needs no entry. */
export function runAs(user: ByteString, { users, groups }: Accounts): RunAs {
  const [userPart = '', groupPart = ''] = user.split(':');
  const account = users.find(({ name, id }) => {
    if (userPart === '') return id === 0;
    return isNumber(userPart) ? id === Number(userPart) : name === userPart;
  });
  if (account === undefined && userPart !== '' && !isNumber(userPart)) {
    return { unknown: 'user', name: userPart };
  }
  const uid = account?.id ?? Number(userPart);
  if (groupPart === '') return { uid, gid: account?.group ?? 0 };
  if (isNumber(groupPart)) return { uid, gid: Number(groupPart) };
  const group = groups.find(({ name }) => name === groupPart);
  return group === undefined ? { unknown: 'group', name: groupPart } : { uid, gid: group.id };
}

/** The first name of an id, as `ls -l` shows it. */
export function nameOf(accounts: readonly Account[], id: number): ByteString | undefined {
  return accounts.find((account) => account.id === id)?.name;
}

function isNumber(text: ByteString): boolean {
  return /^\d{1,10}$/.test(text);
}
