/** ELF files from facts: what `readElf` must read back. Without section headers, as after sstrip. */
import type { ElfFact } from '../../../src/domain/file-fact.ts';

/** Addresses are offsets plus this, so that one taken for the other shows. */
const BASE = 0x10000;

export function exampleElf(facts: ElfFact): Uint8Array {
  const wide = facts.bits === 64;
  const writer = new Writer(facts.littleEndian, wide ? 8 : 4);
  const segmentCount = 1 + (facts.interpreter === undefined ? 0 : 1) + (facts.dynamic ? 1 : 0);
  const headerSize = wide ? 64 : 52;
  const tableSize = segmentCount * (wide ? 56 : 32);
  const body = bodyOf(facts, headerSize + tableSize);
  const whole = headerSize + tableSize + body.bytes.length;

  writer.bytes([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, facts.littleEndian ? 1 : 2, 1]);
  writer.bytes(Array<number>(9).fill(0));
  writer.half(facts.type).half(facts.machine).uint32(1);
  writer.word(0).word(headerSize).word(0).uint32(0);
  writer
    .half(headerSize)
    .half(wide ? 56 : 32)
    .half(segmentCount)
    .half(0)
    .half(0)
    .half(0);

  const segment = (type: number, offset: number, size: number): void => {
    writer.uint32(type);
    if (wide) writer.uint32(5);
    writer
      .word(offset)
      .word(offset + BASE)
      .word(offset + BASE)
      .word(size)
      .word(size);
    if (!wide) writer.uint32(5);
    writer.word(8);
  };
  if (facts.interpreter !== undefined) segment(3, body.interpreterAt, facts.interpreter.length + 1);
  segment(1, 0, whole);
  if (facts.dynamic) segment(2, body.dynamicAt, body.dynamicSize);
  return Uint8Array.from([...writer.written, ...body.bytes]);
}

function bodyOf(facts: ElfFact, start: number) {
  const strings = new Strings();
  const writer = new Writer(facts.littleEndian, facts.bits / 8);
  const here = (): number => start + writer.written.length;
  const interpreterAt = here();
  if (facts.interpreter !== undefined) writer.text(facts.interpreter);

  const verneedAt = here();
  const files = [...new Set(facts.versionsNeeded.map(({ file }) => file))];
  files.forEach((file, index) => {
    const versions = facts.versionsNeeded.filter((each) => each.file === file);
    const last = index === files.length - 1;
    writer.half(1).half(versions.length).uint32(strings.at(file)).uint32(16);
    writer.uint32(last ? 0 : 16 + versions.length * 16);
    versions.forEach(({ version, weak }, at) => {
      writer
        .uint32(0)
        .half(weak ? 2 : 0)
        .half(2)
        .uint32(strings.at(version));
      writer.uint32(at === versions.length - 1 ? 0 : 16);
    });
  });
  const verdefAt = here();
  facts.versionsDefined.forEach((version, index) => {
    const last = index === facts.versionsDefined.length - 1;
    writer
      .half(1)
      .half(index === 0 ? 1 : 0)
      .half(index + 1)
      .half(1);
    writer
      .uint32(0)
      .uint32(20)
      .uint32(last ? 0 : 28);
    writer.uint32(strings.at(version)).uint32(0);
  });

  const dynamicAt = here();
  const entries: [number, number][] = facts.needed.map((name) => [1, strings.at(name)]);
  if (facts.soname !== undefined) entries.push([14, strings.at(facts.soname)]);
  if (facts.rpath !== undefined) entries.push([15, strings.at(facts.rpath)]);
  if (facts.runpath !== undefined) entries.push([29, strings.at(facts.runpath)]);
  if (facts.noDefaultLib) entries.push([0x6ffffffb, 0x801]);
  if (files.length > 0) entries.push([0x6ffffffe, verneedAt + BASE], [0x6fffffff, files.length]);
  if (facts.versionsDefined.length > 0) {
    entries.push([0x6ffffffc, verdefAt + BASE], [0x6ffffffd, facts.versionsDefined.length]);
  }
  const dynamicSize = (entries.length + 2) * 2 * (facts.bits / 8);
  entries.push([5, dynamicAt + dynamicSize + BASE], [0, 0]);
  if (facts.dynamic) {
    for (const [tag, value] of entries) writer.word(tag).word(value);
    writer.bytes(strings.bytes);
  }
  return { bytes: writer.written, interpreterAt, dynamicAt, dynamicSize };
}

class Strings {
  readonly bytes: number[] = [0];
  at(text: string): number {
    const at = this.bytes.length;
    for (const unit of text) this.bytes.push(unit.charCodeAt(0));
    this.bytes.push(0);
    return at;
  }
}

class Writer {
  readonly written: number[] = [];
  readonly #littleEndian: boolean;
  readonly #wordSize: number;

  constructor(littleEndian: boolean, wordSize: number) {
    this.#littleEndian = littleEndian;
    this.#wordSize = wordSize;
  }
  bytes(bytes: readonly number[]): this {
    this.written.push(...bytes);
    return this;
  }
  text(text: string): this {
    return this.bytes([...Array.from(text, (unit) => unit.charCodeAt(0)), 0]);
  }
  half(value: number): this {
    return this.#number(value, 2);
  }
  uint32(value: number): this {
    return this.#number(value, 4);
  }
  word(value: number): this {
    return this.#number(value, this.#wordSize);
  }
  #number(value: number, size: number): this {
    const bytes = Array.from({ length: size }, (_, at) => Math.floor(value / 256 ** at) % 256);
    return this.bytes(this.#littleEndian ? bytes : bytes.reverse());
  }
}
