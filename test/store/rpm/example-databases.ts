/**
 * Writes small rpm databases in each format, from the formats' own descriptions: header blobs, and
 * files that hold them. Sources as in src/store/rpm.
 */

export interface ExamplePackage {
  readonly name: string;
  readonly version: string;
  readonly release?: string;
  readonly epoch?: number;
  readonly architecture?: string;
  /** Bytes of a description, to make the header long. */
  readonly padding?: number;
}

/** A package's header: counts, index and data, big endian. */
export function headerBlob(example: ExamplePackage): Buffer {
  const strings: [number, string][] = [
    [1000, example.name],
    [1001, example.version],
    [1005, 'd'.repeat(example.padding ?? 0)],
  ];
  if (example.release !== undefined) strings.push([1002, example.release]);
  if (example.architecture !== undefined) strings.push([1022, example.architecture]);
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let length = 0;
  const add = (tag: number, type: number, bytes: Buffer): void => {
    index.push(numbers('BE', 4, tag, type, length, 1));
    data.push(bytes);
    length += bytes.length;
  };
  if (example.epoch !== undefined) add(1003, 4, numbers('BE', 4, example.epoch));
  for (const [tag, text] of strings) add(tag, 6, Buffer.from(`${text}\0`, 'latin1'));
  return Buffer.concat([numbers('BE', 4, index.length, length), ...index, ...data]);
}

/** An ndb file: a page of slots, then the blobs in blocks of 16 bytes. */
export function ndbFile(blobs: readonly Buffer[]): Buffer {
  const slots: Buffer[] = [];
  const places: Buffer[] = [];
  let block = 4096 / 16;
  for (const [at, blob] of blobs.entries()) {
    const head = Buffer.concat([Buffer.from('BlbS'), numbers('LE', 4, at + 1, 1, blob.length)]);
    const tail = Buffer.concat([numbers('LE', 4, 0, blob.length), Buffer.from('BlbE')]);
    const whole = padded(Buffer.concat([head, blob, tail]), 16);
    const count = whole.length / 16;
    slots.push(Buffer.concat([Buffer.from('Slot'), numbers('LE', 4, at + 1, block, count)]));
    places.push(whole);
    block += count;
  }
  const head = Buffer.concat([Buffer.from('RpmP'), numbers('LE', 4, 0, 1, 1, 9, 0, 0, 0)]);
  const unused = Buffer.concat([Buffer.from('Slot'), Buffer.alloc(12)]);
  while (slots.length < 4096 / 16 - 2) slots.push(unused);
  return Buffer.concat([head, ...slots, ...places]);
}

/** A Berkeley DB hash of one page of items, each value in overflow pages or, if short, inline. */
export function berkeleyFile(blobs: readonly Buffer[], order: 'LE' | 'BE' = 'LE'): Buffer {
  const size = 4096;
  const overflow: Buffer[] = [];
  const items: Buffer[] = [
    Buffer.concat([Buffer.of(1), numbers(order, 4, 0)]),
    Buffer.concat([Buffer.of(1), numbers(order, 4, blobs.length)]),
  ];
  for (const [at, blob] of blobs.entries()) {
    items.push(Buffer.concat([Buffer.of(1), numbers(order, 4, at + 1)]));
    if (blob.length < 200) {
      items.push(Buffer.concat([Buffer.of(1), blob]));
      continue;
    }
    const first = 2 + overflow.length;
    items.push(Buffer.concat([Buffer.of(3, 0, 0, 0), numbers(order, 4, first, blob.length)]));
    for (let from = 0; from < blob.length; from += size - 26) {
      const part = blob.subarray(from, from + size - 26);
      const next = from + part.length < blob.length ? 3 + overflow.length : 0;
      overflow.push(berkeleyPage(order, size, 7, next, 1, part.length, part));
    }
  }
  const ends = items.map((_, at) =>
    items.slice(0, at + 1).reduce((sum, { length }) => sum + length, 0),
  );
  const starts = ends.map((end) => size - end);
  const table = numbers(order, 2, ...starts);
  const packed = Buffer.concat([...items].reverse());
  const free = Buffer.alloc(size - 26 - table.length - packed.length);
  const body = Buffer.concat([table, free, packed]);
  const hash = berkeleyPage(order, size, 13, 0, items.length, starts.at(-1) ?? size, body);
  const meta = Buffer.alloc(size);
  numbers(order, 4, 0x00061561, 9, size).copy(meta, 12);
  meta[25] = 8;
  numbers(order, 4, 1 + overflow.length).copy(meta, 32);
  return Buffer.concat([meta, hash, ...overflow]);
}

function berkeleyPage(
  order: 'LE' | 'BE',
  size: number,
  type: number,
  next: number,
  entries: number,
  offset: number,
  body: Buffer,
): Buffer {
  const header = [
    numbers(order, 4, 0, 0, 0, 0, next),
    numbers(order, 2, entries, offset),
    Buffer.of(0, type),
  ];
  return padded(Buffer.concat([...header, body]), size);
}

/**
 * An sqlite file of pages of 512 bytes: the schema, an interior page, a leaf for each row, and
 * overflow pages.
 */
export function sqliteFile(blobs: readonly Buffer[], table = 'Packages'): Buffer {
  const size = 512;
  const root = 2;
  const pages: Buffer[] = [];
  const schema = record(['table', table, table, root, `CREATE TABLE ${table}(hnum, blob)`]);
  const head = Buffer.alloc(100);
  head.write('SQLite format 3\0');
  head.writeUInt16BE(size, 16);
  pages.push(leafPage(size, head, cellOf(1, schema, size, 0).cell));
  pages.push(Buffer.alloc(size));
  const children: number[] = [];
  for (const [at, blob] of blobs.entries()) {
    const leaf = pages.length + 1;
    const { cell, overflow } = cellOf(at + 1, record([null, blob]), size, leaf + 1);
    children.push(leaf);
    pages.push(leafPage(size, Buffer.alloc(0), cell), ...overflow);
  }
  pages[root - 1] =
    children.length === 0 ? leafPage(size, Buffer.alloc(0)) : interiorPage(size, children);
  return Buffer.concat(pages);
}

/** A row in a leaf: its cell, and the overflow pages that follow one another from `next`. */
function cellOf(
  rowId: number,
  payload: Buffer,
  size: number,
  next: number,
): { cell: Buffer; overflow: Buffer[] } {
  const head = [varint(payload.length), varint(rowId)];
  if (payload.length <= size - 35) return { cell: Buffer.concat([...head, payload]), overflow: [] };
  const least = Math.floor(((size - 12) * 32) / 255) - 23;
  const fitting = least + ((payload.length - least) % (size - 4));
  const local = fitting <= size - 35 ? fitting : least;
  const overflow: Buffer[] = [];
  for (let from = local; from < payload.length; from += size - 4) {
    const last = from + size - 4 >= payload.length;
    const following = last ? 0 : next + overflow.length + 1;
    const part = payload.subarray(from, from + size - 4);
    overflow.push(padded(Buffer.concat([numbers('BE', 4, following), part]), size));
  }
  return {
    cell: Buffer.concat([...head, payload.subarray(0, local), numbers('BE', 4, next)]),
    overflow,
  };
}

function leafPage(size: number, before: Buffer, ...cells: Buffer[]): Buffer {
  const page = Buffer.alloc(size);
  before.copy(page);
  page[before.length] = 13;
  page.writeUInt16BE(cells.length, before.length + 3);
  let end = size;
  for (const [at, cell] of cells.entries()) {
    end -= cell.length;
    cell.copy(page, end);
    page.writeUInt16BE(end, before.length + 8 + 2 * at);
  }
  return page;
}

function interiorPage(size: number, children: readonly number[]): Buffer {
  const page = Buffer.alloc(size);
  page[0] = 5;
  page.writeUInt16BE(children.length - 1, 3);
  page.writeUInt32BE(children.at(-1) ?? 0, 8);
  let end = size;
  for (const [at, child] of children.slice(0, -1).entries()) {
    end -= 5;
    page.writeUInt32BE(child, end);
    page[end + 4] = at + 1;
    page.writeUInt16BE(end, 12 + 2 * at);
  }
  return page;
}

function record(values: readonly (string | number | Buffer | null)[]): Buffer {
  const types = values.map((value) => {
    if (value === null) return 0;
    if (typeof value === 'number') return 1;
    return value.length * 2 + (typeof value === 'string' ? 13 : 12);
  });
  const bodies = values.map((value) => {
    if (value === null) return Buffer.alloc(0);
    if (typeof value === 'number') return Buffer.of(value);
    return typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  });
  const header = Buffer.concat(types.map(varint));
  return Buffer.concat([varint(header.length + 1), header, ...bodies]);
}

function varint(value: number): Buffer {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest % 128) + 128);
  }
  return Buffer.from(bytes);
}

function numbers(order: 'LE' | 'BE', width: 2 | 4, ...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * width);
  for (const [at, value] of values.entries()) {
    if (order === 'LE') bytes.writeUIntLE(value, at * width, width);
    else bytes.writeUIntBE(value, at * width, width);
  }
  return bytes;
}

function padded(bytes: Buffer, unit: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(Math.ceil(bytes.length / unit) * unit - bytes.length)]);
}
