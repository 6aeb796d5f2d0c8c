/** Things that cost something to make, by key. */
export interface Recent<K, V> {
  /** The thing of this key: the one that is kept, else a fresh one. */
  readonly get: (key: K, make: () => V) => V;
}

/**
 * Keeps what was used last, up to a total weight: what many images share is made once, and a batch
 * of any length stays within a bound of memory.
 */
export function keepRecent<K, V>(limit: number, weigh: (value: V) => number): Recent<K, V> {
  const kept = new Map<K, V>();
  let total = 0;
  return {
    get(key, make) {
      const known = kept.get(key);
      const value = known ?? make();
      if (known === undefined) total += weigh(value);
      // The order of the map is the order of use: the first entry is the one to go.
      kept.delete(key);
      kept.set(key, value);
      for (const [oldest, dropped] of kept) {
        if (total <= limit || oldest === key) break;
        kept.delete(oldest);
        total -= weigh(dropped);
      }
      return value;
    },
  };
}
