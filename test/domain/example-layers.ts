/** Layers for the tests of the merged tree, from short words. */
import type { EntryType, IndexedLayer, LayerEntry } from '../../src/domain/layer-index.ts';
import { asChainID, asDiffID, sha256Hex } from '../../src/domain/digest.ts';

/** A word for an entry: `dir`, `file`, `-> TARGET`, or any content of a file. */
export type Word = string;

let made = 0;

/**
 * A layer with these paths, in this order. Keys that end in `/.wh..wh..opq` are opaque marks, and
 * `.wh.` names delete, as in an OCI layer; their words do not matter.
 */
export function layer(paths: Record<string, Word>): IndexedLayer {
  made += 1;
  const id = `sha256:${sha256Hex(`example ${made}`)}`;
  const entries: LayerEntry[] = [];
  const whiteouts = new Set<string>();
  const opaque = new Set<string>();
  for (const [path, word] of Object.entries(paths)) {
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, Math.max(slash, 0));
    const name = path.slice(slash + 1);
    if (name === '.wh..wh..opq') opaque.add(folder);
    else if (name.startsWith('.wh.')) {
      whiteouts.add(folder === '' ? name.slice(4) : `${folder}/${name.slice(4)}`);
    } else entries.push(entry(path, word));
  }
  return {
    chainId: asChainID(id)!,
    diffId: asDiffID(id)!,
    index: { entries, whiteouts, opaque, source: 'tar-split' },
  };
}

function entry(path: string, word: Word): LayerEntry {
  const target = word.startsWith('-> ') ? word.slice(3) : undefined;
  const type: EntryType = target !== undefined ? 'symlink' : word === 'dir' ? 'directory' : 'file';
  return {
    path,
    type,
    mode: type === 'directory' ? 0o700 : 0o644,
    uid: 0,
    gid: 0,
    size: type === 'file' ? word.length : 0,
    crc: type === 'file' ? word : undefined,
    target,
    hardLinkOf: undefined,
    device: undefined,
  };
}
