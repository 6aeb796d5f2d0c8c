/**
 * A terminal as far as the task list uses one: rows of text, a cursor, the four sequences that it
 * sends. Anything else throws.
 */
export class FakeScreen {
  readonly #rows: string[] = [''];
  #row = 0;
  #column = 0;

  write(text: string): void {
    for (const [piece] of text.matchAll(/\x1b\[[0-9;]*[A-Za-z]|\n|\r|[^\x1b\n\r]+/g)) {
      this.#obey(piece);
    }
  }

  /** What is to be seen, without the blank rows at the end. */
  rows(): string[] {
    return this.#rows.join('\n').trimEnd().split('\n');
  }

  /** Whether the cursor rests at the start of a row that holds nothing. */
  isAtFreshRow(): boolean {
    return this.#column === 0 && (this.#rows[this.#row] ?? '') === '';
  }

  #obey(piece: string): void {
    const [, up] = /^\x1b\[(\d+)A$/.exec(piece) ?? [];
    if (up !== undefined) this.#row -= Number(up);
    else if (piece === '\r') this.#column = 0;
    else if (piece === '\n') {
      this.#row += 1;
      this.#column = 0;
    } else if (piece === '\x1b[K') this.#set(this.#row, this.#current().slice(0, this.#column));
    else if (piece === '\x1b[J') {
      this.#set(this.#row, this.#current().slice(0, this.#column));
      this.#rows.length = this.#row + 1;
    } else if (piece.startsWith('\x1b')) {
      throw new Error(`the task list sends ${JSON.stringify(piece)}`);
    } else {
      const before = this.#current().slice(0, this.#column).padEnd(this.#column);
      this.#set(this.#row, before + piece + this.#current().slice(this.#column + piece.length));
      this.#column += piece.length;
    }
    if (this.#row < 0) throw new Error('the cursor went above the first row');
    while (this.#rows.length <= this.#row) this.#rows.push('');
  }

  #current(): string {
    return this.#rows[this.#row] ?? '';
  }

  #set(row: number, text: string): void {
    this.#rows[row] = text;
  }
}
