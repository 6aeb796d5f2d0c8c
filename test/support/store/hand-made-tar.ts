/** Tars of single members, for layers that no builder would make. */
import { crc64 } from './crc64.ts';
import { END_OF_ARCHIVE, headerBytes, paddingOf, type TarHeader } from './tar-header.ts';

/** A member; what is left out is root's, 0644 and empty. */
export type Member = Partial<TarHeader> & { readonly name: string; readonly content?: string };

/** The whole archive. */
export function tarOf(members: readonly Member[]): Buffer {
  const parts = members.map((member) => {
    const content = contentOf(member);
    return Buffer.concat([headerOf(member), content, paddingOf(content.length)]);
  });
  return Buffer.concat([...parts, END_OF_ARCHIVE]);
}

/** The text of the archive's tar-split file; `raw` bytes stand in for a member's own header. */
export function tarSplitOf(members: readonly (Member & { readonly raw?: Buffer })[]): string {
  const lines: string[] = [];
  let padding = Buffer.alloc(0);
  for (const member of members) {
    const content = contentOf(member);
    const header = member.raw ?? headerOf(member);
    lines.push(segment(Buffer.concat([padding, header])));
    const file = {
      type: 1,
      name_raw: Buffer.from(member.name, 'latin1').toString('base64'),
      ...(content.length > 0 ? { size: content.length } : {}),
      payload: content.length > 0 ? crc64(content) : null,
    };
    lines.push(JSON.stringify(file));
    padding = Buffer.from(paddingOf(content.length));
  }
  lines.push(segment(Buffer.concat([padding, END_OF_ARCHIVE])));
  return `${lines.join('\n')}\n`;
}

function segment(bytes: Buffer): string {
  return JSON.stringify({ type: 2, payload: bytes.toString('base64') });
}

function headerOf(member: Member): Buffer {
  const { content, ...header } = member;
  const plain = { type: '0', mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;
  return headerBytes({ ...plain, size: content?.length ?? 0, ...header });
}

function contentOf({ content = '' }: Member): Buffer {
  return Buffer.from(content, 'latin1');
}
