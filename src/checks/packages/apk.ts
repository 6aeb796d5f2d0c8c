import type { ByteString } from '../../domain/byte-string.ts';
import { readStanzas, type PackageFile } from './package-list.ts';

/**
 * The packages of /lib/apk/db/installed: `P:` name, `V:` version, `A:` architecture.
 * Source: apk-tools, doc/apk-installed.5 (fields of the installed database).
 */
export function readApk(text: ByteString): PackageFile {
  return readStanzas(text, (lines) => {
    const field = (letter: string): string =>
      lines.find((line) => line.startsWith(`${letter}:`))?.slice(2) ?? '';
    const [name, version] = [field('P'), field('V')];
    if (name === '' || version === '') return 'damaged';
    return { name, version, architecture: field('A') };
  });
}
