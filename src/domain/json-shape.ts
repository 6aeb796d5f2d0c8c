/**
 * Reading a JSON document of our own that somebody may have changed: every value is asked for with
 * the kind that it must have. All throw SyntaxError with the path of what is wrong.
 */
export class Shape {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path = '') {
    this.#value = value;
    this.#path = path;
  }

  /** The value of an object's key; `null` and an absent key give an absent shape. */
  at(key: string): Shape {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      this.wrong('an object');
    const inner: unknown = Object.hasOwn(value, key)
      ? (value as Record<string, unknown>)[key]
      : undefined;
    return new Shape(inner, this.#path === '' ? key : `${this.#path}.${key}`);
  }

  /** The elements of a list, each read by `read`. */
  list<T>(read: (element: Shape) => T): T[] {
    const value = this.#value;
    if (!Array.isArray(value)) this.wrong('a list');
    return value.map((element, index) => read(new Shape(element, `${this.#path}[${index}]`)));
  }

  text(): string {
    return typeof this.#value === 'string' ? this.#value : this.wrong('text');
  }

  /** A whole number that is not negative. */
  count(): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      this.wrong('a count');
    return value;
  }

  flag(): boolean {
    return typeof this.#value === 'boolean' ? this.#value : this.wrong('true or false');
  }

  oneOf<T extends string>(words: readonly T[]): T {
    const word = words.find((each) => each === this.#value);
    return word ?? this.wrong(`one of ${words.join(', ')}`);
  }

  /** A value that `parse` knows; undefined from it means that it does not. */
  parsed<T>(what: string, parse: (value: unknown) => T | undefined): T {
    return parse(this.#value) ?? this.wrong(what);
  }

  /** What `read` gives; undefined where there is nothing. */
  maybe<T>(read: (shape: Shape) => T): T | undefined {
    return this.#value === undefined || this.#value === null ? undefined : read(this);
  }

  /** Throws that this must be something else. */
  wrong(expected: string): never {
    throw new SyntaxError(`${this.#path === '' ? 'it' : this.#path} must be ${expected}`);
  }
}
