/** Bytes that come in pieces, asked for by number. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Buffer>;
  #piece: Buffer = Buffer.alloc(0);
  #taken = 0;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** How many bytes were taken. */
  get taken(): number {
    return this.#taken;
  }

  /** The next bytes; fewer only at the end. */
  async take(count: number): Promise<Buffer> {
    if (this.#piece.length >= count) return this.#cut(count);
    const parts: Buffer[] = [];
    for (let left = count; left > 0 && (await this.#refill());) {
      const part = this.#cut(Math.min(left, this.#piece.length));
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** The same, piece by piece as they come. */
  async *through(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0 && (await this.#refill());) {
      const part = this.#cut(Math.min(left, this.#piece.length));
      left -= part.length;
      yield part;
    }
  }

  /** Passes over the next bytes; gives how many of them are not there. */
  async skip(count: number): Promise<number> {
    let left = count;
    while (left > 0 && (await this.#refill())) {
      left -= this.#cut(Math.min(left, this.#piece.length)).length;
    }
    return left;
  }

  /** Ends the source where it is. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  #cut(count: number): Buffer {
    const part = this.#piece.subarray(0, count);
    this.#piece = this.#piece.subarray(count);
    this.#taken += count;
    return part;
  }

  /** Whether there is a byte to take. */
  async #refill(): Promise<boolean> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return false;
      this.#piece = next.value;
    }
    return true;
  }
}
