/**
 * Copying by list with two GNU tars: they keep xattrs, owners, times, holes and names that are no
 * text (libraries.md §2). Links between devices are torn apart, and sockets left out.
 */
import type { ByteString } from '../domain/byte-string.ts';

/**
 * A function of a shell script: `copy_listed TARGET [ARGUMENT...]` copies what its input lists, NUL
 * after each, from the working directory. The arguments go to the tar that reads. Directories are
 * listed for themselves only. Fails when either tar fails.
 */
export const COPY_LISTED = `copy_listed() {
  to=$1
  shift
  packed=$({ {
    tar -c -f - --null --no-recursion -T - --format=posix --xattrs --xattrs-include='*' "$@" \\
      --acls --selinux --numeric-owner --sparse
    echo $? >&3
  } | tar -x -f - -p -C "$to" --xattrs --xattrs-include='*' --acls --selinux --numeric-owner \\
      --same-owner --delay-directory-restore >&2; } 3>&1)
  [ "$packed" = 0 ]
}
`;

/** Names as programs read them with --null or -0. */
export function namesAsInput(names: readonly ByteString[]): Uint8Array {
  return Buffer.from(names.map((name) => `${name}\0`).join(''), 'latin1');
}
