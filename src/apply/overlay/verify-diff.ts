import { textOfBytes, type ByteString } from '../../domain/byte-string.ts';
import type { LayerEntry } from '../../domain/layer-index.ts';
import type { Assembly } from '../../domain/overlay/assembly.ts';
import { RebaseError } from '../../errors.ts';
import { walkFolder } from '../../store/walk-layer.ts';
import type { Owner } from '../disk.ts';

/** What must be as in the source; contents, times and xattrs are left to the tools. */
const COMPARED = [
  'type',
  'mode',
  'uid',
  'gid',
  'size',
  'target',
  'device',
  'hardLinkOf',
] as const satisfies readonly (keyof LayerEntry)[];

/**
 * Walks a folder that was assembled: it must hold what the assembly says, under its names only, and
 * no overlay marks. A tool that ran out of space may have ended as if all were well.
 * Throws APPLY_FAILED.
 */
export function verifyDiff(target: string, assembly: Assembly, owner: Owner): void {
  const found = walkFolder(target, owner);
  const names = new Map(found.entries.map((entry) => [entry.path, entry]));
  const wanted = [...assembly.directories, ...assembly.files];
  for (const entry of wanted) {
    const got = names.get(entry.path);
    if (got === undefined) throw differs(entry.path, 'is missing');
    const part = COMPARED.find((each) => got[each] !== entry[each]);
    if (part !== undefined) throw differs(entry.path, `has another ${part}`);
    names.delete(entry.path);
  }
  const unhidden = assembly.whiteouts.find((path) => !found.whiteouts.has(path));
  if (unhidden !== undefined) throw differs(unhidden, 'is not hidden');
  const [extra] = [...names.keys(), ...without(found.whiteouts, assembly.whiteouts)];
  if (extra !== undefined) throw differs(extra, 'should not be there');
  const [marked] = [...found.opaque, ...found.dependentMarks.map(({ path }) => path)];
  if (marked !== undefined) throw differs(marked, 'has an overlay mark');

  function differs(path: ByteString, how: string): RebaseError {
    return new RebaseError('APPLY_FAILED', `${target}/${textOfBytes(path)} ${how} after the copy`, {
      hint: 'GNU cp and tar, run as root, copy all of it: dmesg | tail may say why they did not',
    });
  }
}

function without(found: ReadonlySet<ByteString>, wanted: readonly ByteString[]): ByteString[] {
  if (found.size === wanted.length) return [];
  const known = new Set(wanted);
  return [...found].filter((path) => !known.has(path));
}
