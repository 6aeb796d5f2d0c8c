import { RebaseError } from '../errors.ts';

const SPACE = 0x20;
const NEWLINE = 0x0a;

/** The shortest record, `5 a=\n`, as Go's archive/tar counts it. */
const SHORTEST = 5;

/**
 * The records of a PAX extended header by key; of a key that comes twice, the last. Keys and values
 * are byte strings. Throws STORE_DAMAGED for what Go's archive/tar does not take.
 * Source: POSIX pax, "pax Extended Header": `<length> <key>=<value>\n`, the length in bytes, of all.
 */
export function paxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(SPACE, at);
    const digits = space < 0 ? '' : bytes.toString('latin1', at, Math.min(space, at + 20));
    const length = /^\d+$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    if (length < SHORTEST || end > bytes.length || bytes[end - 1] !== NEWLINE) throw noRecord();
    const record = bytes.toString('latin1', space + 1, end - 1);
    const equals = record.indexOf('=');
    if (equals < 1) throw noRecord();
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

function noRecord(): RebaseError {
  return new RebaseError('STORE_DAMAGED', 'a PAX header of a layer is cut short or malformed');
}
