import type { ByteString } from '../domain/byte-string.ts';
import type { LayerEntry, LayerIndex } from '../domain/layer-index.ts';

/** What a name of a layer stands for; whiteouts are marks, not files. */
export type Attributes = Omit<LayerEntry, 'path' | 'hardLinkOf' | 'type'> & {
  readonly type: LayerEntry['type'] | 'whiteout';
};

/**
 * Collects what a layer holds, each directory before what is in it, and finds the hard links: of
 * the names of one file, the first in byte order is the file, the others are links to it.
 */
export class LayerListing {
  readonly #entries: LayerEntry[] = [];
  readonly #whiteouts = new Set<ByteString>();
  readonly #opaque = new Set<ByteString>();
  /** Positions in the list, by the file that they are names of. */
  readonly #names = new Map<unknown, number[]>();

  /** `file`: equal for all names of one file; undefined when it has only this one. */
  add(path: ByteString, attributes: Attributes, file: unknown): void {
    const { type, mode, uid, gid, size, crc, target, device } = attributes;
    if (type === 'whiteout') {
      this.#whiteouts.add(path);
      return;
    }
    if (file !== undefined) {
      const names = this.#names.get(file);
      if (names === undefined) this.#names.set(file, [this.#entries.length]);
      else names.push(this.#entries.length);
    }
    const hardLinkOf = undefined;
    this.#entries.push({ path, type, mode, uid, gid, size, crc, target, hardLinkOf, device });
  }

  /** The directory hides what the layers below have in it. */
  addOpaque(path: ByteString): void {
    this.#opaque.add(path);
  }

  index(source: LayerIndex['source']): LayerIndex {
    const entries = [...this.#entries];
    for (const names of this.#names.values()) {
      const first = names.map((at) => entries[at]?.path ?? '').reduce(lesser);
      for (const at of names) {
        const entry = entries[at];
        if (entry !== undefined && entry.path !== first)
          entries[at] = { ...entry, hardLinkOf: first };
      }
    }
    return { entries, whiteouts: this.#whiteouts, opaque: this.#opaque, source };
  }
}

function lesser(a: ByteString, b: ByteString): ByteString {
  return a < b ? a : b;
}
