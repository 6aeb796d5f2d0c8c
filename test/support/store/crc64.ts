/** CRC-64/ISO as tar-split records it for every file with content. */

const POLYNOMIAL = 0xd800000000000000n;
const ALL_ONES = 0xffffffffffffffffn;

// Two 32-bit halves: BigInt arithmetic per byte would make large files a hundred times slower.
const HIGH = new Uint32Array(256);
const LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
  HIGH[byte] = Number(crc >> 32n);
  LOW[byte] = Number(crc & 0xffffffffn);
}

/** The checksum in base64, big-endian. */
export function crc64(content: Buffer): string {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of content) {
    const index = (low ^ byte) & 0xff;
    low = (((low >>> 8) | (high << 24)) ^ (LOW[index] ?? 0)) >>> 0;
    high = ((high >>> 8) ^ (HIGH[index] ?? 0)) >>> 0;
  }
  return encode(((BigInt(high) << 32n) | BigInt(low)) ^ ALL_ONES);
}

/** The checksum of `size` zero bytes, without walking them: the start value times x^(8*size). */
export function crc64OfZeros(size: number): string {
  let result = ALL_ONES;
  let power = 1n << 55n; // x^8, reflected: bit 63 is x^0
  for (let rest = BigInt(size); rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = multiply(result, power);
    power = multiply(power, power);
  }
  return encode(result ^ ALL_ONES);
}

function multiply(a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = a;
  for (let bit = 63n; bit >= 0n; bit -= 1n) {
    if ((b >> bit) & 1n) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ POLYNOMIAL : shifted >> 1n;
  }
  return product;
}

function encode(crc: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(crc);
  return bytes.toString('base64');
}
