/** Holds what `--json` prints to the published schema. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

import { toJsonText, type JsonDocument } from '../../src/render/json-document.ts';
import { OUTPUT_SCHEMA } from '../../src/render/schema/output-schema.ts';

/** Strict: a keyword that is misspelt or says nothing is an error of the schema. */
const ajv = new Ajv2020({ strict: true, strictRequired: true, allErrors: true });
ajv.addSchema(OUTPUT_SCHEMA, 'output');

/** The check for one of the schema's `$defs`; for a command it is `undo-command`. */
export function checkOf(name: string): ValidateFunction {
  const check = ajv.getSchema(`output#/$defs/${name}`);
  if (check === undefined) throw new Error(`the schema describes no ${name}`);
  return check;
}

/** What the schema has against a document, one line each. */
export function schemaProblems(document: unknown): string[] {
  const name = (document as { document?: unknown }).document;
  if (typeof name !== 'string') return ['it does not say which document it is'];
  const check = checkOf(name);
  if (check(document)) return [];
  return (check.errors ?? []).map(({ instancePath, message, params }) => {
    return `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`;
  });
}

/** What a program reads that is given this text by --json. Throws unless it is as published. */
export function readPublished(text: string): Record<string, unknown> {
  const document = JSON.parse(text) as Record<string, unknown>;
  const problems = schemaProblems(document);
  if (problems.length === 0) return document;
  throw new Error(`not as the schema says:\n${problems.join('\n')}\n${text}`);
}

/** The same for a document as render gives it. */
export function asPublished(document: JsonDocument): Record<string, unknown> {
  return readPublished(toJsonText(document));
}

/** The text of a document. Throws unless it is as published. */
export function publishedText(document: JsonDocument): string {
  const text = toJsonText(document);
  readPublished(text);
  return text;
}
