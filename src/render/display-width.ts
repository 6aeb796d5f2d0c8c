/**
 * How many columns printable text takes on a terminal, and cutting it to fit.
 */

const NO_WIDTH = /^[\p{Mn}\p{Me}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;
/** Asks a terminal to draw the character before it as a (wide) emoji. */
const EMOJI_SELECTOR = '\ufe0f';
const ELLIPSIS = '...';

/** East Asian wide and full-width blocks (Unicode EastAsianWidth.txt, W and F), by code point. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x1b2ff],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Columns that the text takes; text must be printable already. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width;
}

/** The text followed by spaces up to the width. */
export function padTo(text: string, width: number): string {
  if (width === Infinity) return text;
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** The text cut to the width, `...` in place of its end. */
export function cutEnd(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return `${head(text, width - ELLIPSIS.length).trimEnd()}${ELLIPSIS}`;
}

/** The text cut to the width before its last third or so: a reference keeps name and tag. */
export function cutMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const room = width - ELLIPSIS.length;
  const tail = tailOf(text, Math.floor((room * 2) / 3));
  return `${head(text, room - displayWidth(tail))}${ELLIPSIS}${tail}`;
}

/** Splits a word into pieces that are at most so wide (a piece holds one character at least). */
export function pieces(text: string, width: number): string[] {
  const result: string[] = [];
  let rest = text;
  while (displayWidth(rest) > width) {
    const piece = head(rest, width) || (Array.from(rest)[0] ?? '');
    result.push(piece);
    rest = rest.slice(piece.length);
  }
  return [...result, rest];
}

function head(text: string, width: number): string {
  let taken = '';
  let left = width;
  for (const character of text) {
    left -= widthOf(character);
    if (left < 0) break;
    taken += character;
  }
  return taken;
}

function tailOf(text: string, width: number): string {
  let taken = '';
  let left = width;
  for (const character of Array.from(text).reverse()) {
    left -= widthOf(character);
    if (left < 0) break;
    taken = character + taken;
  }
  return taken;
}

function widthOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (character === EMOJI_SELECTOR) return 1;
  if (NO_WIDTH.test(character)) return 0;
  if (EMOJI.test(character)) return 2;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}
