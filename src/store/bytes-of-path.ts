import { bytesOfText, type ByteString } from '../domain/byte-string.ts';

/** The bytes of a path whose end is a name in a layer. */
export function bytesOfPath(folder: string, name: ByteString): Buffer {
  return Buffer.from(`${bytesOfText(folder)}/${name}`, 'latin1');
}
