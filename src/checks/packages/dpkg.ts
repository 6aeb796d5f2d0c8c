import type { ByteString } from '../../domain/byte-string.ts';
import { readStanzas, type PackageFile } from './package-list.ts';

const FIELD = /^(Package|Version|Architecture|Status):([^]*)$/i;

/**
 * The installed packages of /var/lib/dpkg/status, or of a file in status.d, whose one stanza has no
 * Status. Source: dpkg(1), "Package states"; deb-control(5); distroless, status.d.
 */
export function readDpkg(text: ByteString): PackageFile {
  return readStanzas(text, (lines) => {
    const fields = new Map<string, string>();
    for (const line of lines) {
      const [, name, value] = FIELD.exec(line) ?? [];
      if (name !== undefined && value !== undefined) fields.set(name.toLowerCase(), value.trim());
    }
    const [name, version] = [fields.get('package'), fields.get('version')];
    // `deinstall ok config-files`: only its settings are left.
    const status = fields.get('status') ?? 'install ok installed';
    if (name !== undefined && !/ installed$/.test(status)) return undefined;
    if (!name || !version) return 'damaged';
    return { name, version, architecture: fields.get('architecture') ?? '' };
  });
}
