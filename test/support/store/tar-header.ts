/** ustar headers, with a PAX header in front where a name is too long or there are xattrs. */

export type TypeFlag = '0' | '1' | '2' | '3' | '4' | '5' | '6' | 'x';

/** Strings are latin1, one character per byte. */
export interface TarHeader {
  readonly name: string;
  readonly type: TypeFlag;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size?: number;
  readonly linkName?: string;
  readonly major?: number;
  readonly minor?: number;
  readonly xattrs?: ReadonlyMap<string, Buffer>;
  /** Further PAX records: `mtime`, `SCHILY.acl.access`. */
  readonly pax?: ReadonlyMap<string, string>;
}

/** Zero bytes that fill the last 512-byte block of `size` bytes. */
export function paddingOf(size: number): Buffer {
  return Buffer.alloc((512 - (size % 512)) % 512);
}

/** Two zero blocks, the end of every archive. */
export const END_OF_ARCHIVE = Buffer.alloc(1024);

/** The raw bytes in front of an entry's content. */
export function headerBytes(header: TarHeader): Buffer {
  const records: Buffer[] = [];
  if (header.name.length > 100) records.push(paxRecord('path', header.name));
  if ((header.linkName ?? '').length > 100) {
    records.push(paxRecord('linkpath', header.linkName ?? ''));
  }
  for (const [name, value] of header.xattrs ?? []) {
    records.push(paxRecord(`SCHILY.xattr.${name}`, value.toString('latin1')));
  }
  for (const [key, value] of header.pax ?? []) records.push(paxRecord(key, value));
  if (records.length === 0) return ustarBlock(header);
  const body = Buffer.concat(records);
  const paxHeader: TarHeader = {
    name: `PaxHeaders.0/${header.name}`,
    type: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: body.length,
  };
  return Buffer.concat([ustarBlock(paxHeader), body, paddingOf(body.length), ustarBlock(header)]);
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) {
    length = String(length).length + rest.length;
  }
  return Buffer.from(`${String(length)}${rest}`, 'latin1');
}

function ustarBlock(header: TarHeader): Buffer {
  const block = Buffer.alloc(512);
  block.write(header.name.slice(0, 100), 0, 'latin1');
  block.write(octal(header.mode, 7), 100, 'latin1');
  block.write(octal(header.uid, 7), 108, 'latin1');
  block.write(octal(header.gid, 7), 116, 'latin1');
  block.write(octal(header.size ?? 0, 11), 124, 'latin1');
  block.write(octal(header.mtime, 11), 136, 'latin1');
  block.fill(' ', 148, 156); // the checksum counts its own field as blanks
  block.write(header.type, 156, 'latin1');
  block.write((header.linkName ?? '').slice(0, 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(octal(header.major ?? 0, 7), 329, 'latin1');
  block.write(octal(header.minor ?? 0, 7), 337, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}

function octal(value: number, digits: number): string {
  const text = value.toString(8).padStart(digits, '0');
  if (text.length > digits) throw new Error(`test store: ${value} does not fit a tar header`);
  return text;
}
