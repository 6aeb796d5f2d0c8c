import type { PackageFact } from '../../domain/file-fact.ts';

const TAG = { name: 1000, version: 1001, release: 1002, epoch: 1003, architecture: 1022 } as const;
const TYPE = { int32: 4, string: 6 } as const;

const INDEX_ENTRY = 16;
/** rpm's own bound (headerMaxbytes and hdrchkTags in lib/header.c). */
const MOST_TAGS = 65535;
const LONGEST_STRING = 1000;

/**
 * The name, version, release and architecture in a header as the database holds it: two counts, the
 * index, the data, big endian. Throws SyntaxError, RangeError.
 * Source: rpm docs/manual/format_header.md; lib/header.c.
 */
export function readRpmHeader(bytes: Buffer): PackageFact {
  const tags = bytes.readUInt32BE(0);
  if (tags > MOST_TAGS) throw new SyntaxError('it is damaged: a package has too many tags');
  const data = bytes.subarray(8 + tags * INDEX_ENTRY);
  const values = new Map<number, string>();
  for (let at = 8; at < 8 + tags * INDEX_ENTRY; at += INDEX_ENTRY) {
    const [tag, type, offset] = [0, 4, 8].map((field) => bytes.readUInt32BE(at + field));
    if (tag === undefined || offset === undefined) continue;
    if (type === TYPE.string) values.set(tag, stringAt(data, offset));
    else if (tag === TAG.epoch && type === TYPE.int32) {
      values.set(tag, String(data.readUInt32BE(offset)));
    }
  }
  const [name, version] = [values.get(TAG.name), values.get(TAG.version)];
  if (!name || !version) throw new SyntaxError('it is damaged: a package has no name or version');
  const release = values.get(TAG.release);
  const epoch = values.get(TAG.epoch) ?? '0';
  const full = release === undefined ? version : `${version}-${release}`;
  return {
    name,
    version: epoch === '0' ? full : `${epoch}:${full}`,
    architecture: values.get(TAG.architecture) ?? '',
  };
}

/** Bytes up to the next NUL; long ones (descriptions) are cut, no name is that long. */
function stringAt(data: Buffer, offset: number): string {
  if (offset >= data.length) throw new RangeError(`no string at ${offset}`);
  const field = data.subarray(offset, offset + LONGEST_STRING);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end < 0 ? field.length : end);
}
