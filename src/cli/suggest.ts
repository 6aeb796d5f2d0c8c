/** The known word nearest to a mistyped one: at most two edits away, and less than half of it. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((word) => ({ word, edits: editDistance(typed, word) }))
    .sort((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= 2 && best.edits * 2 < best.word.length
    ? best.word
    : undefined;
}

/** Insertions, deletions and substitutions that turn one word into the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const substituted = (row[j] ?? 0) + (b[j] === a[i] ? 0 : 1);
      next.push(Math.min(substituted, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
