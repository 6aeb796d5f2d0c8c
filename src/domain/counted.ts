/** `1 layer`, `3 layers`: a number with its noun, whose plural is the noun and an s. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
