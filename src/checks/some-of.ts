/** `a, b and 3 more`: the first names of a list and how many there are besides. */
export function someOf(names: readonly string[], shown = 3): string {
  // "and 1 more" takes as much room as the name that it hides.
  if (names.length <= shown + 1) return names.join(', ');
  return `${names.slice(0, shown).join(', ')} and ${names.length - shown} more`;
}
