/** Image configs as texts, in the many ways in which tools print JSON. */
import fc from 'fast-check';

/** How a document is laid out. */
export interface Layout {
  readonly name: string;
  readonly print: (value: unknown) => string;
}

const LF_INDENTED: Layout = { name: 'indented', print: (value) => JSON.stringify(value, null, 2) };

export const LAYOUTS: readonly Layout[] = [
  { name: 'compact', print: (value) => JSON.stringify(value) },
  LF_INDENTED,
  { name: 'tabs', print: (value) => JSON.stringify(value, null, '\t') },
  { name: 'CRLF', print: (value) => LF_INDENTED.print(value).replaceAll('\n', '\r\n') },
  { name: "Python's spaces", print: pythonJson },
  { name: 'spaces inside', print: (value) => `  ${spacedJson(value)}\n` },
];

/** A value as Python's json.dumps prints it: a space after every comma and colon. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const properties = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${pythonJson(item)}`,
  );
  return `{${properties.join(', ')}}`;
}

function spacedJson(value: unknown): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[ ${value.map(spacedJson).join(' , ')} ]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const properties = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)} : ${spacedJson(item)}`,
  );
  return properties.length === 0 ? '{}' : `{ ${properties.join(' , ')} }`;
}

/** Raw JSON texts that do not survive parsing and printing. */
export const DELICATE_VALUES: readonly string[] = [
  '"\\u003cb\\u003e \\u0026 \\u2028"',
  '"a\\/b"',
  '"\\u0041"',
  '9007199254740993',
  '-0',
  '1.0',
  '1e400',
  '0.10',
  '{"b":1,"a":2,"b":3}',
  '{"10":1,"9":2}',
  '[ 1,2 ,3 ]',
  '{ }',
  '"größe \u{1f433}"',
  '"]}\\",[{"',
];

export const arbitraryLayout: fc.Arbitrary<Layout> = fc.constantFrom(...LAYOUTS);
export const arbitraryDelicate: fc.Arbitrary<string> = fc.constantFrom(...DELICATE_VALUES);
