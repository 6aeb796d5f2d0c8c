import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { textOfBytes, type ByteString } from '../../domain/byte-string.ts';
import type { Assembly, AssemblyEntry, AssemblySource } from '../../domain/overlay/assembly.ts';
import type { CloneMode } from '../../domain/report.ts';
import { RebaseError } from '../../errors.ts';
import { bytesOfPath } from '../../store/bytes-of-path.ts';
import { LARGE_FILE } from '../../store/survey-layers.ts';
import { withModeHint } from '../clone-mode-hint.ts';
import { linkNames } from '../link-names.ts';
import type { AssembleRequest } from './assemble-request.ts';
import { copyUnmarked, placesAsInput } from './copy-unmarked.ts';
import { inBatches } from './in-batches.ts';

/** A file under the first of its names in the result; `others` are the further ones. */
interface NamedFile extends AssemblyEntry {
  readonly others: readonly ByteString[];
}

/**
 * Puts all files in their directories, source by source. A file with several names is taken once,
 * and linked to the others in the target. `advance` is told how many names came.
 */
export async function placeFiles(
  request: AssembleRequest,
  advance: (count: number) => void,
): Promise<void> {
  const { assembly, mode } = request;
  const named = namedFiles(assembly.files);
  for (const [number, source] of assembly.sources.entries()) {
    const files = named.filter((file) => file.source === number);
    const linked = files.filter((file) => isLinked(file, assembly, mode));
    const unlinked = await linkFiles(request, source, linked, advance);
    const rest = [...files.filter((file) => !isLinked(file, assembly, mode)), ...unlinked];
    const copy = mode === 'reflink' ? reflinkFiles : copyUnmarked;
    for (const batch of inBatches(rest)) {
      await copy(request, source.folder, batch);
      linkOthers(request, batch);
      advance(batch.reduce((count, { others }) => count + 1 + others.length, 0));
    }
  }
}

/**
 * Whether a file is to be a hard link to its source; `auto` is taken for a file system that cannot
 * share blocks.
 */
export function isLinked(file: AssemblyEntry, assembly: Assembly, mode: CloneMode): boolean {
  if (assembly.sources[file.source]?.owned === true || mode === 'link') return true;
  return mode === 'auto' && file.type === 'file' && file.size >= LARGE_FILE;
}

function namedFiles(files: readonly AssemblyEntry[]): NamedFile[] {
  const others = new Map<string, ByteString[]>();
  const keyOf = (source: number, name: ByteString): string => `${source} ${name}`;
  for (const { source, path: name, hardLinkOf } of files) {
    if (hardLinkOf === undefined) continue;
    const key = keyOf(source, hardLinkOf);
    const known = others.get(key);
    if (known === undefined) others.set(key, [name]);
    else known.push(name);
  }
  return files
    .filter(({ hardLinkOf }) => hardLinkOf === undefined)
    .map((file) => ({ ...file, others: others.get(keyOf(file.source, file.path)) ?? [] }));
}

/** Files that are linked before a signal is looked for. */
const LINKS_AT_ONCE = 1000;

/** Links files to their sources and gives those that cannot be. */
async function linkFiles(
  { disk, target, mode, signal }: AssembleRequest,
  { folder, owned }: AssemblySource,
  files: readonly NamedFile[],
  advance: (count: number) => void,
): Promise<NamedFile[]> {
  const unlinked: NamedFile[] = [];
  for (let at = 0; at < files.length; at += LINKS_AT_ONCE) {
    let count = 0;
    for (const file of files.slice(at, at + LINKS_AT_ONCE)) {
      const names = [file.path, ...file.others];
      if (linkNames(disk, { from: folder, to: target }, names)) count += names.length;
      else if (mode === 'link' && !owned) throw noLink(folder, file);
      else unlinked.push(file);
    }
    advance(count);
    await setImmediate();
    signal?.throwIfAborted();
  }
  return unlinked;
}

function noLink(folder: string, file: NamedFile): unknown {
  const what = `${folder}/${textOfBytes(file.path)} cannot be hard-linked`;
  return withModeHint(new RebaseError('APPLY_FAILED', what), 'link');
}

/**
 * Copies files with shared blocks. cp --parents gives directories, too, the attributes that they
 * have in this source; so it gets a folder of its own, from which the files are moved.
 */
async function reflinkFiles(
  { disk, assembly, target, signal, mode }: AssembleRequest,
  folder: string,
  files: readonly NamedFile[],
): Promise<void> {
  const staged = path.join(target, unusedName(assembly));
  disk.makeDirectory(staged, 0o700);
  const cp = ['cp', '-a', '--reflink=always', '--parents', '-t', staged, '--'];
  try {
    await disk.run('xargs', ['-0', '-r', ...cp], {
      cwd: folder,
      input: placesAsInput(files.map(({ path: name }) => name)),
      signal,
    });
  } catch (error) {
    throw withModeHint(error, mode);
  }
  for (const file of files) {
    disk.hardLink(bytesOfPath(staged, file.path), bytesOfPath(target, file.path));
  }
  await disk.removeTrees([staged]);
}

/** A name that the target's root will not have. */
function unusedName({ directories, files }: Assembly): string {
  const used = new Set([...directories, ...files].map(({ path: name }) => name));
  let name = 'staged';
  while (used.has(name)) name += '-';
  return name;
}

function linkOthers({ disk, target }: AssembleRequest, files: readonly NamedFile[]): void {
  for (const { path: name, others } of files) {
    for (const other of others) {
      disk.hardLink(bytesOfPath(target, name), bytesOfPath(target, other));
    }
  }
}
