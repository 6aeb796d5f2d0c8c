/**
 * Names in an image are bytes, not text: a byte string holds one byte (0..255) in each UTF-16 unit
 * (`latin1`), so that every name survives, compares and joins like a string.
 */
export type ByteString = string;

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text that the bytes are in UTF-8; bytes that are none become `\xNN`. For people and JSON. */
export function textOfBytes(bytes: ByteString): string {
  if (isAscii(bytes)) return bytes;
  try {
    return STRICT.decode(Uint8Array.from(bytes, codeOf));
  } catch {
    return bytes.replace(/[^\0-\x7f]/g, (unit) => `\\x${codeOf(unit).toString(16)}`);
  }
}

/** The byte string of a text: its UTF-8 bytes. */
export function bytesOfText(text: string): ByteString {
  if (isAscii(text)) return text;
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function codeOf(unit: string): number {
  return unit.charCodeAt(0);
}
