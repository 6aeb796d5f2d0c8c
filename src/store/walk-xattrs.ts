/**
 * The extended attributes of a layer's files, read through GNU tar's PAX headers: Node has no xattr
 * calls. Sources: GNU tar manual, "Extended File Attributes"; POSIX pax, "Extended Header".
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ByteString } from '../domain/byte-string.ts';
import { RebaseError } from '../errors.ts';
import { diffDirectory } from './diff-directory.ts';
import type { Layout } from './layout.ts';
import { paxRecords } from './pax-records.ts';
import { BLOCK, readTarHeader } from './tar-header.ts';

/** Names and values are byte strings. */
export type Xattrs = ReadonlyMap<string, ByteString>;

const XATTR = 'SCHILY.xattr.';

/**
 * The `user.*` and `security.capability` attributes of every path below overlay2/<cache-id>/diff, an
 * empty map where there are none. Further names of one file are left out. Reads every byte of the
 * layer, in constant memory. Throws TOOL_MISSING, STORE_DAMAGED.
 */
export async function walkXattrs(
  layout: Layout,
  cacheId: string,
): Promise<Map<ByteString, Xattrs>> {
  const found = new Map<ByteString, Xattrs>();
  const tar = spawn('tar', [...ARCHIVE, '-C', diffDirectory(layout, cacheId), '.'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  const ended = once(tar, 'close').catch((cause: unknown) => {
    throw new RebaseError('TOOL_MISSING', 'GNU tar is needed', { cause });
  });
  await Promise.all([collect(tar.stdout, found), ended]);
  // 1: some files changed while they were read; what is missing then is seen by who compares.
  if (tar.exitCode !== 0 && tar.exitCode !== 1) {
    throw new RebaseError('STORE_DAMAGED', 'tar could not read a layer');
  }
  return found;
}

const ARCHIVE = [
  '-c',
  '-f',
  '-',
  '--format=posix',
  '--numeric-owner',
  '--xattrs',
  '--xattrs-include=user.*',
  '--xattrs-include=security.capability',
];

async function collect(
  archive: AsyncIterable<Buffer>,
  found: Map<ByteString, Xattrs>,
): Promise<void> {
  let held = Buffer.alloc(0);
  /** Bytes of content that are to be passed over. */
  let skip = 0;
  let records: ReadonlyMap<string, string> = new Map();
  for await (const chunk of archive) {
    const passed = Math.min(skip, chunk.length);
    skip -= passed;
    if (passed === chunk.length) continue;
    held = Buffer.concat([held, chunk.subarray(passed)]);
    let at = 0;
    for (; at + BLOCK <= held.length && held[at] !== 0;) {
      const header = readTarHeader(held.subarray(at, at + BLOCK));
      const size = Number(header.type === 'x' ? header.size : (records.get('size') ?? header.size));
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      if (header.type === 'x') {
        if (at + BLOCK + padded > held.length) break;
        records = paxRecords(held.subarray(at + BLOCK, at + BLOCK + size));
        at += BLOCK + padded;
        continue;
      }
      if (header.type !== '1')
        found.set(pathOf(records.get('path') ?? header.name), xattrsIn(records));
      records = new Map();
      const after = at + BLOCK + (header.type === '0' ? padded : 0);
      at = Math.min(after, held.length);
      skip = after - at;
    }
    held = held.subarray(at);
  }
}

function xattrsIn(records: ReadonlyMap<string, string>): Xattrs {
  const xattrs = [...records].filter(([key]) => key.startsWith(XATTR));
  return new Map(xattrs.map(([key, value]) => [key.slice(XATTR.length), value]));
}

function pathOf(name: ByteString): ByteString {
  return name.replace(/^\.\/?/, '').replace(/\/$/, '');
}
