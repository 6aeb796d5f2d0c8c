import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';

import { COMMANDS } from '../../../src/cli/command-line.ts';
import { describeCommands } from '../../../src/cli/describe-commands.ts';
import { DOCUMENT_NAMES, type JsonDocument } from '../../../src/render/json-document.ts';
import { OUTPUT_SCHEMA } from '../../../src/render/schema/output-schema.ts';
import { asPublished, checkOf, schemaProblems } from '../../support/output-schema.ts';
import { bareDocuments, fullDocuments } from '../example-documents.ts';

/** Prints a script, and no document. */
const WITHOUT_JSON = ['completion'];

type Json = Record<string, unknown>;

describe('render/schema/output-schema', () => {
  const full = fullDocuments('a', 'b');

  it('is a valid schema, in the strict sense', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: true });
    expect(ajv.validateSchema(OUTPUT_SCHEMA)).to.equal(true);
    expect(() => ajv.compile(OUTPUT_SCHEMA)).not.to.throw();
  });

  it('describes each document that a command can print', () => {
    for (const { name } of describeCommands(COMMANDS)) {
      if (WITHOUT_JSON.includes(name)) continue;
      const command = `${name === '' ? 'rebase' : name}-command`.replaceAll(' ', '-');
      expect(checkOf(command)(full.error), command).to.equal(true);
    }
    const whole = new Ajv2020().compile(OUTPUT_SCHEMA);
    for (const name of DOCUMENT_NAMES) expect(whole(full[name]), name).to.equal(true);
  });

  it('describes every property, and closes every object but a map', () => {
    for (const { at, schema } of objectsIn('', OUTPUT_SCHEMA)) {
      const { additionalProperties, properties } = schema as { [key: string]: Json | undefined };
      if (properties === undefined) {
        expect(additionalProperties, at).to.deep.equal({ type: 'string' });
        continue;
      }
      expect(additionalProperties, at).to.equal(false);
      for (const [name, property] of Object.entries(properties)) {
        const { description, $ref } = property as Json;
        expect(description ?? $ref, `${at}/${name}`)
          .to.be.a('string')
          .and.not.equal('');
      }
    }
  });

  it('fits documents that say all that they can, and such that say least', () => {
    for (const [name, document] of Object.entries(full)) {
      expect(asPublished(document)).to.include({ document: name, schema: 'rebase-image/v1' });
    }
    bareDocuments().forEach(asPublished);
  });

  for (const name of DOCUMENT_NAMES) {
    it(`finds a key too many, one too few and another type anywhere in ${name}`, () => {
      const document = asPublished(full[name]);
      for (const path of placesIn(document)) {
        for (const [what, mutant] of mutants(document, path)) {
          expect(schemaProblems(mutant), `${path.join('.')} ${what}`).to.not.deep.equal([]);
        }
      }
    });
  }
});

/** Every schema of an object, wherever it is. */
function objectsIn(at: string, schema: unknown): { at: string; schema: Json }[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const below = Object.entries(schema).flatMap(([key, value]) => objectsIn(`${at}/${key}`, value));
  const own = 'type' in schema && [schema.type].flat().includes('object');
  return own ? [{ at, schema: { ...schema } }, ...below] : below;
}

type Path = readonly (string | number)[];

/** What an image's config says, and labels: they hold what they like. */
const OPEN = /^(images\.\d+\.(settings|fields)\.\d+\.(before|after|oldBase|newBase)|labels)$/;

/** The path of every object and every value that the schema speaks of. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (OPEN.test(path.join('.'))) return [];
  const below =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, one]) => {
          return placesIn(one, [...path, Array.isArray(value) ? Number(key) : key]);
        })
      : [];
  return [path, ...below];
}

/** The document with one thing changed at a place. */
function mutants(document: JsonDocument, path: Path): [string, JsonDocument][] {
  const value = path.reduce<unknown>((at, key) => (at as Json)[key], document);
  const found: [string, JsonDocument][] = [];
  const changed = (what: string, other: unknown): void => {
    found.push([what, withValue(document, path, other) as JsonDocument]);
  };
  if (isObject(value)) {
    changed('has a key that no one knows', { ...value, undocumented: 1 });
    for (const key of Object.keys(value)) {
      if (isOptional(path, key)) continue;
      changed(`lacks ${key}`, Object.fromEntries(without(value, key)));
    }
  }
  const other = typeof value === 'object' && value !== null ? 1 : { other: 1 };
  if (path.length > 0) changed('is of another type', other);
  return found;
}

function without(value: Json, key: string): [string, unknown][] {
  return Object.entries(value).filter(([name]) => name !== key);
}

function isOptional(path: Path, key: string): boolean {
  return (path.length === 0 && key === 'error') || path.at(-2) === 'fields';
}

function withValue(value: unknown, [key, ...rest]: Path, other: unknown): unknown {
  if (key === undefined) return other;
  if (Array.isArray(value)) {
    return value.map((one, at) => (at === key ? withValue(one, rest, other) : (one as unknown)));
  }
  return { ...(value as Json), [key]: withValue((value as Json)[key], rest, other) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
