/** A layer's files with everything that a copying tool may lose (libraries.md §2). */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readdirSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** Fills an existing empty folder. Needs root, and on the file system xattrs and ACLs. */
export async function fillOddLayer(folder: string): Promise<void> {
  execFileSync('bash', ['-euc', FILL], { cwd: folder });
  await makeSocket(join(folder, 'run/socket'));
  execFileSync('bash', ['-euc', TIMES], { cwd: folder });
}

/** The names that share a regular or a special file, as sorted groups; names as latin1. */
export function linkGroups(root: string, kind: 'regular' | 'special'): string[][] {
  const groups = new Map<bigint, string[]>();
  const visit = (below: string): void => {
    const absolute = Buffer.from(`${root}/${below}`, 'latin1');
    const stat = lstatSync(absolute, { bigint: true });
    if (!stat.isDirectory()) {
      if (stat.isFile() !== (kind === 'regular')) return;
      groups.set(stat.ino, [...(groups.get(stat.ino) ?? []), below]);
      return;
    }
    for (const name of readdirSync(absolute, { encoding: 'buffer' })) {
      visit(below === '.' ? name.toString('latin1') : `${below}/${name.toString('latin1')}`);
    }
  };
  visit('.');
  return [...groups.values()]
    .filter((names) => names.length > 1)
    .map((names) => names.sort())
    .sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}

/** A unix socket that outlives its server. */
async function makeSocket(path: string): Promise<void> {
  const server = createServer().listen(`${path}-live`);
  await once(server, 'listening');
  renameSync(`${path}-live`, path);
  server.close();
  await once(server, 'close');
}

const FILL = String.raw`
big() { head -c "$1" /dev/urandom; }
mkdir -p bin etc/deep/er run tmp opaque/below empty odd locked
printf 'small' >etc/small; big 65535 >etc/just-small; big 65536 >etc/just-large
big 200000 >large-at-root; big 70000 >etc/deep/er/large
: >etc/zero

mknod etc/whiteout c 0 0; mknod bin/char c 1 3; mknod bin/block b 7 1; mkfifo run/fifo
ln -s ../nowhere etc/dangling; ln -s /etc etc/absolute; ln -s . run/loop

chmod 1777 tmp; chmod 000 etc/small; printf s >bin/setuid; chmod 4755 bin/setuid
big 100000 >bin/setuid-large; chmod 6711 bin/setuid-large; chmod 2770 run
big 80000 >locked/large; chmod 000 locked/large; chmod 000 locked
chown 1234:5678 etc/zero etc/just-large tmp run/fifo; chown -h 7:8 etc/dangling; chown 3:4 empty

setfattr -n trusted.overlay.opaque -v y opaque; big 90000 >opaque/large; printf o >opaque/small
setfattr -n trusted.overlay.opaque -v y opaque/below; big 90001 >opaque/below/large
setfattr -n user.note -v hello etc/just-small; setfattr -n user.note -v hello etc/just-large
setfattr -n user.note -v dir etc/deep; setfattr -h -n trusted.note -v link etc/absolute
printf c >bin/capable; setcap cap_net_raw+ep bin/capable
big 66000 >bin/capable-large; setcap cap_net_bind_service+ep bin/capable-large
setfacl -m u:1000:r-- etc/zero; setfacl -m g:1001:rwx etc/just-large
setfacl -m u:1000:rwx empty; setfacl -d -m u:1000:rwx etc/deep; printf d >etc/deep/after-default-acl
chmod 640 etc/deep/after-default-acl

ln etc/just-small run/just-small-too; ln etc/just-large opaque/just-large-too
ln etc/just-large odd/just-large-three; ln bin/char run/char-too; ln run/fifo etc/fifo-too
ln etc/whiteout opaque/whiteout-too
truncate -s 50000000 sparse-large; printf end >>sparse-large; truncate -s 40000 sparse-small

printf n >$'odd/new\nline'; printf d >odd/-rf; printf u >$'odd/\xff\xfe'; printf s >'odd/ '
big 70000 >$'odd/large\nline'; big 70001 >odd/-large; big 70002 >$'odd/\xfflarge'; big 70003 >-n
mkdir odd/--help $'odd/\x80dir' $'odd/d\nir'; big 70004 >odd/--help/large; printf x >$'odd/\x80dir/x'
big 70005 >$'odd/d\nir/large'; printf q >"odd/'\"\\101*?"; mkdir -p $'odd/\x80dir/only/large'
big 70006 >$'odd/\x80dir/only/large/file'
long=$(printf 'l%.0s' {1..120}); mkdir -p "$long/$long"; printf l >"$long/$long/small"
big 70007 >"$long/$long/large"; ln -s "$long/$long/small" "$long/symlink"
`;

/** Times of nanoseconds, files first because each of them changes its directory's. */
const TIMES = String.raw`
n=0
find . -depth -print0 | while IFS= read -r -d '' name; do
  n=$((n + 1)); touch -h -d "@$((1500000000 + n)).$(printf %09d $((123456789 + n)))" -- "$name"
done
touch -d @1600000000.987654321 .
chmod 751 .; chown 9:10 .
`;
