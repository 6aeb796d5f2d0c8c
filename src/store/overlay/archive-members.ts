/**
 * Reads a tar as GNU tar writes it with `--format=posix`. Anything that another tar could read in
 * another way is refused, so that what is looked at here is what is unpacked later.
 * Sources: POSIX pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual.
 */
import { RebaseError } from '../../errors.ts';
import { paxRecords } from '../pax-records.ts';
import { BLOCK, readTarHeader, type TarHeader } from '../tar-header.ts';
import { memberOf, type TarMember } from '../tar-members.ts';
import { ByteSource } from './byte-source.ts';

export interface ArchiveMember {
  readonly member: TarMember;
  /** Its headers as they stand in the archive. */
  readonly headers: Buffer;
  /** Where they end in the archive. */
  readonly begin: number;
  /** The content, piece by piece; to be read before the next member, or not at all. */
  readonly content: () => AsyncGenerator<Buffer>;
}

/** More than all xattrs that Linux lets a file have, in a header that has to be held. */
const MAX_EXTENSION = 2 ** 20;

/** What may follow the end: GNU tar fills a record of 20 blocks. */
const MAX_END = 40 * BLOCK;

/** Mode, uid, gid, size, time, checksum and type: digits that fill their fields, and a NUL. */
const PLAIN_NUMBERS = /^(?:[0-7]{7}\0){3}(?:[0-7]{11}\0){2}[0-7]{6}\0 [0-6x]$/;
/** No names of owners, digits or nothing for a device, no prefix. */
const PLAIN_REST = /^ustar\x0000\0{64}(?:[0-7]{7}\0|\0{8}){2}\0{167}$/;
/** What a PAX header may say. */
const KEYS = /^(?:path|linkpath|size|uid|gid|mtime|SCHILY\.xattr\.[^]+)$/;

/** The members in order. Throws STORE_DAMAGED for what is no such archive, or goes on after its end. */
export async function* archiveMembers(
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<ArchiveMember, void> {
  const source = new ByteSource(bytes);
  try {
    for (
      let next = await readHeaders(source);
      next !== undefined;
      next = await readHeaders(source)
    ) {
      const { member } = next;
      const begin = source.taken;
      const size = member.type === '0' ? member.size : 0;
      yield { ...next, begin, content: () => source.through(begin + size - source.taken) };
      const padded = begin + Math.ceil(size / BLOCK) * BLOCK;
      if ((await source.skip(padded - source.taken)) > 0)
        throw noArchive('it ends in the middle of a file');
    }
    const end = await source.take(MAX_END);
    if (end.length < BLOCK || end.length === MAX_END || !isZero(end)) {
      throw noArchive('it does not end where it says');
    }
  } finally {
    await source.close();
  }
}

/** The headers of the next member; undefined at the first block of the end. */
async function readHeaders(
  source: ByteSource,
): Promise<Pick<ArchiveMember, 'member' | 'headers'> | undefined> {
  const first = await source.take(BLOCK);
  if (first.length === BLOCK && first[0] === 0 && isZero(first)) return undefined;
  const header = plainHeader(first);
  if (header.type !== 'x') {
    return { member: checked(memberOf(header, new Map())), headers: first };
  }
  if (header.size > MAX_EXTENSION) throw noArchive('it has a header that is too large');
  const extension = await source.take(Math.ceil(header.size / BLOCK) * BLOCK);
  const records = paxRecords(extension.subarray(0, header.size));
  const odd = [...records.keys()].find((key) => !KEYS.test(key));
  if (odd !== undefined) throw noArchive('it has a PAX record of an unknown kind');
  const second = await source.take(BLOCK);
  const member = memberOf(plainHeader(second), records);
  return { member: checked(member), headers: Buffer.concat([first, extension, second]) };
}

function plainHeader(block: Buffer): TarHeader {
  if (block.length < BLOCK) throw noArchive('it ends in the middle');
  const isPlain =
    PLAIN_NUMBERS.test(block.toString('latin1', 100, 157)) &&
    PLAIN_REST.test(block.toString('latin1', 257));
  if (!isPlain) throw noArchive('it has a header that GNU tar does not write');
  return readTarHeader(block);
}

function checked(member: TarMember): TarMember {
  if (member.type === 'x') throw noArchive('it has a header without a member');
  if (member.type !== '0' && member.size > 0) throw noArchive('it has content of what is no file');
  return member;
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

function noArchive(why: string): RebaseError {
  return new RebaseError('STORE_DAMAGED', why);
}
