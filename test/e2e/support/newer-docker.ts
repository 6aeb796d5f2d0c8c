/** Newer dockerds from Debian's packages, fetched once for a machine by scripts/newer-docker.sh. */
import { fileURLToPath } from 'node:url';
import { execute } from './engine.ts';

const SCRIPT = fileURLToPath(new URL('../../../scripts/newer-docker.sh', import.meta.url));

/** @returns the path of a dockerd of this version @throws when it is not to be had */
export async function newerDockerd(version: '26.1' | '28.5'): Promise<string> {
  const { status, stdout, stderr } = await execute(SCRIPT, [version]);
  if (status !== 0) throw new Error(`dockerd ${version} is not to be had:\n${stderr}`);
  return stdout.trim();
}
