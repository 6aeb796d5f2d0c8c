const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in docker's units (powers of 1000, three digits): `0 B`, `4.41 MB`, `12.3 kB`. */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be rounded to four digits.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
  return `${text} ${UNITS[unit] ?? ''}`;
}
