/**
 * Members of a tar that are no files of a folder, as GNU tar would write them: owned by root, of no
 * time. Sources: POSIX pax, "ustar Interchange Format" and "pax Extended Header".
 */
import type { ByteString } from '../../domain/byte-string.ts';
import { BLOCK } from '../../store/tar-header.ts';

/** What ends a tar. */
export const END_OF_ARCHIVE = Buffer.alloc(2 * BLOCK);

const NAME_LENGTH = 100;

/** A regular file, mode 0644. */
export function fileMember(name: ByteString, content: Buffer): Buffer {
  const header = headersOf(name, { type: '0', mode: 0o644, size: content.length });
  return Buffer.concat([header, content, paddingOf(content.length)]);
}

/** What overlayfs takes for a deletion: a char device 0:0. */
export function whiteoutMember(name: ByteString): Buffer {
  return headersOf(name, { type: '3', mode: 0, size: 0 });
}

/** Zero bytes that fill the last block of a content. */
export function paddingOf(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

interface Header {
  readonly type: '0' | '3' | 'x';
  readonly mode: number;
  readonly size: number;
}

function headersOf(name: ByteString, header: Header): Buffer {
  const block = blockOf(name, header);
  if (name.length <= NAME_LENGTH) return block;
  const record = Buffer.from(paxRecord('path', name), 'latin1');
  const extension = blockOf('PaxHeaders/name', { type: 'x', mode: 0o644, size: record.length });
  return Buffer.concat([extension, record, paddingOf(record.length), block]);
}

function blockOf(name: ByteString, { type, mode, size }: Header): Buffer {
  const block = Buffer.alloc(BLOCK);
  const zero = octal(0, 7);
  const time = octal(0, 11);
  block.write(name.slice(0, NAME_LENGTH), 0, 'latin1');
  block.write([octal(mode, 7), zero, zero, octal(size, 11), time, ''].join('\0'), 100, 'latin1');
  // The checksum counts its own field as blanks.
  block.write(`        ${type}`, 148, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(`${zero}\0${zero}\0`, 329, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

/** `<length> <key>=<value>\n`; the length counts its own digits. */
function paxRecord(key: string, value: ByteString): ByteString {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return `${length}${rest}`;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
