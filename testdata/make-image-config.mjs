/**
 * Prints the image config that a seed document shows through `jq .` in the bytes that dockerd
 * hashed: compact, with Go's escapes. See README.md.
 */
import { readFileSync } from 'node:fs';

const [document] = process.argv.slice(2);
if (document === undefined) throw new Error('usage: node make-image-config.mjs SEED_DOCUMENT');
const shown = /imagedb\/content\/sha256\/[0-9a-f]{64} \| jq \.\n(\{\n[\s\S]*?\n\})\n/.exec(
  readFileSync(document, 'utf8'),
);
if (shown === null) throw new Error(`${document} shows no image config`);
const escaped = JSON.stringify(JSON.parse(shown[1])).replace(
  /[<>&]/g,
  (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
);
process.stdout.write(escaped);
