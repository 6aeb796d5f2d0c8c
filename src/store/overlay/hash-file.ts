import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** The sha256 of a file of the user's, hex, and its size. */
export async function hashFile(file: string): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  const content = createReadStream(file);
  await pipeline(content, hash);
  return { sha256: hash.digest('hex'), bytes: content.bytesRead };
}
