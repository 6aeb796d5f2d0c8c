import type { ByteString } from '../../domain/byte-string.ts';
import type { IndexedLayer } from '../../domain/layer-index.ts';
import type { Found } from '../../domain/merged-tree.ts';
import type { Assembly, AssemblyEntry, AssemblySource } from '../../domain/overlay/assembly.ts';
import type { TreeDelta } from './tree-delta.ts';

/**
 * From which folder each file of a delta is taken. `sourceOf` says where the files of a layer are,
 * and is asked once for each layer. All directories of the delta must be of a layer, as they are in
 * trees of folders that were walked.
 */
export function assemblyOf(
  delta: TreeDelta,
  sourceOf: (layer: IndexedLayer) => AssemblySource,
): Assembly {
  const sources: AssemblySource[] = [];
  const numbers = new Map<IndexedLayer, number>();
  function numberOf(layer: IndexedLayer): number {
    let number = numbers.get(layer);
    if (number === undefined) {
      number = sources.push(sourceOf(layer)) - 1;
      numbers.set(layer, number);
    }
    return number;
  }
  function entryOf({ path, node: { entry, layer } }: Found): AssemblyEntry {
    if (layer === undefined) throw new Error(`the directory /${path} is of no layer`);
    return { ...entry, path, source: numberOf(layer) };
  }
  const directories = delta.directories.map(entryOf);
  const files = withFirstNames(delta.files.map(entryOf));
  return { sources, directories, files, whiteouts: delta.whiteouts };
}

/** The names of each file that are in the list, linked to the first of these. */
function withFirstNames(files: readonly AssemblyEntry[]): AssemblyEntry[] {
  const firstNames = new Map<string, ByteString>();
  const keyOf = ({ source, hardLinkOf, path }: AssemblyEntry): string =>
    `${source} ${hardLinkOf ?? path}`;
  for (const file of files) {
    const first = firstNames.get(keyOf(file));
    if (first === undefined || file.path < first) firstNames.set(keyOf(file), file.path);
  }
  return files.map((file) => {
    const first = firstNames.get(keyOf(file));
    return { ...file, hardLinkOf: first === file.path ? undefined : first };
  });
}
