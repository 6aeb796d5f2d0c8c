/** The upper half of ISO 3309's x^64 + x^4 + x^3 + x + 1 with its bits reversed; the lower is 0. */
const POLYNOMIAL = 0xd8000000;

/** What one byte does to the upper half; the polynomial is so short that the lower stays as it is. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let upper = 0;
  for (let bit = 0; bit < 8; bit += 1) {
    upper = (upper >>> 1) ^ ((byte >>> bit) & 1 ? POLYNOMIAL : 0);
  }
  return upper;
});

/**
 * CRC-64/ISO as tar-split records it of every file's content (Go's hash/crc64, crc64.ISO), over
 * any number of pieces. Two 32-bit halves: BigInt would be a hundred times slower.
 */
export class Crc64 {
  #upper = 0xffffffff;
  #lower = 0xffffffff;

  update(bytes: Uint8Array): this {
    let upper = this.#upper;
    let lower = this.#lower;
    for (let at = 0; at < bytes.length; at += 1) {
      const change = TABLE[(lower ^ (bytes[at] ?? 0)) & 0xff] ?? 0;
      lower = (lower >>> 8) | (upper << 24);
      upper = (upper >>> 8) ^ change;
    }
    this.#upper = upper;
    this.#lower = lower;
    return this;
  }

  /** The checksum so far, big-endian, in base64. */
  digest(): string {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(~this.#upper >>> 0, 0);
    bytes.writeUInt32BE(~this.#lower >>> 0, 4);
    return bytes.toString('base64');
  }
}
