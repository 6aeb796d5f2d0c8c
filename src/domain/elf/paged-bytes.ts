/**
 * A file read in pages, each at most once, and never much of it: what a damaged or hostile file
 * points at costs no more than `MOST_PAGES` of them.
 */

/** Bytes of a file from an offset on; fewer than asked for: the file ends there. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

const PAGE = 16 * 1024;
const MOST_PAGES = 256;

export class PagedBytes {
  readonly #readAt: ReadAt;
  readonly #pages = new Map<number, Uint8Array>();

  constructor(readAt: ReadAt) {
    this.#readAt = readAt;
  }

  /** Exactly these bytes. Throws SyntaxError when the file ends before. */
  bytes(offset: number, length: number): DataView {
    const whole = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const rest = this.#from(offset + filled);
      if (rest.length === 0) throw new SyntaxError('it is cut short');
      const part = rest.subarray(0, length - filled);
      whole.set(part, filled);
      filled += part.length;
    }
    return new DataView(whole.buffer);
  }

  /** The text up to a NUL byte, one UTF-16 unit a byte. Throws SyntaxError past `limit` bytes. */
  text(offset: number, limit: number): string {
    let text = '';
    while (text.length <= limit) {
      const rest = this.#from(offset + text.length).subarray(0, limit + 1 - text.length);
      if (rest.length === 0) throw new SyntaxError('it is cut short');
      const end = rest.indexOf(0);
      text += latin1(end < 0 ? rest : rest.subarray(0, end));
      if (end >= 0) return text;
    }
    throw new SyntaxError('a name in it is too long');
  }

  /** What the page of this offset holds from there on. */
  #from(offset: number): Uint8Array {
    const at = Math.floor(offset / PAGE);
    let page = this.#pages.get(at);
    if (page === undefined) {
      if (this.#pages.size >= MOST_PAGES) throw new SyntaxError('its tables are too large');
      page = this.#readAt(at * PAGE, PAGE);
      this.#pages.set(at, page);
    }
    return page.subarray(offset - at * PAGE);
  }
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
