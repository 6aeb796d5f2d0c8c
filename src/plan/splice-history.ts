/**
 * History of the rebased image: the new base's entries, then the app's own.
 *
 * Where the app's entries begin follows from the layers, never from comparing histories alone, so
 * that no history, however wrong, costs or doubles a layer. A layer whose history is not known gets
 * a placeholder: dockerd gives sizes to entries by counting those that made a layer
 * (moby daemon/images/image_history.go), so a gap would shift every later line.
 */
import {
  historyStartsWith,
  layersIn,
  sameInstruction,
  type HistoryEntry,
} from '../domain/image-config.ts';

/** A config's history: what the entries say, and their exact texts, index by index. */
export interface History {
  readonly entries: readonly HistoryEntry[];
  readonly raw: readonly string[];
}

export interface SpliceInput {
  readonly app: History;
  readonly appLayers: number;
  /** How many of the app's layers are the old base's. */
  readonly oldBaseLayers: number;
  /** The old base's own history, where its image is known. */
  readonly oldBase: History | undefined;
  readonly newBase: History;
  readonly newBaseLayers: number;
}

export interface SplicedHistory {
  /** Raw JSON texts of the entries; empty when not one layer's history is known. */
  readonly raw: readonly string[];
  /** Whose history does not fit its layers, so that placeholders stand in its place. */
  readonly unknown: readonly ('image' | 'new base')[];
  /** The entries of the image that are not its old base's; none where that cannot be told. */
  readonly own: readonly HistoryEntry[];
}

/** How a placeholder is recognised when the image is rebased again. */
const PLACEHOLDER_COMMENT = 'rebase-image: the history of this layer is not known';
const PLACEHOLDER = JSON.stringify({
  created: '0001-01-01T00:00:00Z',
  comment: PLACEHOLDER_COMMENT,
});

export function spliceHistory(input: SpliceInput): SplicedHistory {
  const kept = input.appLayers - input.oldBaseLayers;
  const base = fits(input.newBase, input.newBaseLayers) ? input.newBase.raw : undefined;
  const seam = seamIn(input);
  const moved = seam === undefined ? placeholders(kept) : input.app.raw.slice(seam);
  const raw = [...(base ?? placeholders(input.newBaseLayers)), ...moved];
  const own = ownEntries(input, seam);
  if (raw.every((entry) => entry === PLACEHOLDER)) return { raw: [], unknown: [], own };
  return {
    raw,
    own,
    unknown: [
      ...(base === undefined && input.newBaseLayers > 0 ? (['new base'] as const) : []),
      ...(seam === undefined && kept > 0 ? (['image'] as const) : []),
    ],
  };
}

/** Index of the app's first own entry; undefined when its history does not fit its layers. */
function seamIn({ app, appLayers, oldBaseLayers, oldBase }: SpliceInput): number | undefined {
  if (!fits(app, appLayers)) return undefined;
  const seam = afterLayers(app.entries, oldBaseLayers);
  return seam + sharedSettings(app.entries.slice(seam), oldBase, oldBaseLayers);
}

/**
 * What the app's builder has written. A base without history, as some tools make it, leaves an app
 * with a history that is too short for its layers and all its own.
 */
function ownEntries(
  { app, oldBase }: SpliceInput,
  seam: number | undefined,
): readonly HistoryEntry[] {
  if (seam !== undefined) return app.entries.slice(seam);
  if (oldBase === undefined || !historyStartsWith(app.entries, oldBase.entries)) return [];
  return app.entries.slice(oldBase.entries.length);
}

function fits(history: History, layers: number): boolean {
  return layersIn(history.entries) === layers;
}

/** Index just after the entry that made the given number of layers; 0 for none. */
function afterLayers(entries: readonly HistoryEntry[], layers: number): number {
  let made = 0;
  let index = 0;
  while (made < layers) {
    if (entries[index]?.emptyLayer === false) made += 1;
    index += 1;
  }
  return index;
}

/**
 * How many of the entries that follow the base's top layer are still the base's: its closing
 * settings (CMD, ENV, ...), which made no layer.
 */
function sharedSettings(
  entries: readonly HistoryEntry[],
  oldBase: History | undefined,
  oldBaseLayers: number,
): number {
  if (oldBase === undefined || !fits(oldBase, oldBaseLayers)) return 0;
  const closing = oldBase.entries.slice(afterLayers(oldBase.entries, oldBaseLayers));
  const differs = closing.findIndex((entry, index) => {
    const other = entries[index];
    return other === undefined || !sameInstruction(entry, other);
  });
  return differs < 0 ? closing.length : differs;
}

function placeholders(count: number): string[] {
  return Array.from({ length: count }, () => PLACEHOLDER);
}
