/**
 * Text that others wrote (names, labels, history, container names, paths) made safe to print: what
 * a terminal would obey or hide is shown as an escape instead.
 */

/**
 * Unicode's "other" characters: C0, DEL and C1 controls, format characters (bidi controls, zero
 * width, tags), lone surrogates, private use, unassigned; and the two separators that break lines.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** The text with every control or invisible character as a visible `\xNN` or `\u{...}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const hex = code.toString(16);
    return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
  });
}

/** The text on one line: white space, line breaks among it, becomes single spaces. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s+/g, ' ').trim());
}
