/**
 * The few forms that the output's schema is made of. Every object is closed: what is not described
 * is not printed. Source: JSON Schema 2020-12.
 */

/** A JSON Schema, or a piece of one. */
export type Schema = Readonly<Record<string, unknown>>;
export type Schemas = Readonly<Record<string, Schema>>;

/** An object of exactly these properties; all are there, but those that are named `optional`. */
export function record(
  description: string,
  properties: Schemas,
  optional: readonly string[] = [],
): Schema {
  return {
    type: 'object',
    description,
    additionalProperties: false,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
    properties,
  };
}

export function text(description: string): Schema {
  return { type: 'string', description };
}

export function flag(description: string): Schema {
  return { type: 'boolean', description };
}

/** A whole number, not negative. */
export function count(description: string): Schema {
  return { type: 'integer', minimum: 0, description };
}

/** One of these values. */
export function choice(values: readonly string[], description: string): Schema {
  return { enum: values, description };
}

/** Always this value. */
export function always(value: string | boolean | null, description: string): Schema {
  return { const: value, description };
}

/** Any JSON value: one of an image's config, which may hold what it likes. */
export function anything(description: string): Schema {
  return { description };
}

export function listOf(items: Schema, description: string): Schema {
  return { type: 'array', items, description };
}

/** A piece that `$defs` describes, in its place. */
export function part(name: string, description?: string): Schema {
  const ref = { $ref: `#/$defs/${name}` };
  return description === undefined ? ref : { ...ref, description };
}

/** The same, or null where there is none. */
export function orNull(schema: Schema): Schema {
  const { type, enum: values, description } = schema;
  if (typeof type === 'string') return { ...schema, type: [type, 'null'] };
  if (Array.isArray(values)) return { ...schema, enum: [...(values as unknown[]), null] };
  return { anyOf: [schema, { type: 'null' }], description };
}
