/**
 * The manifest's JSON Schema, for editors: `# yaml-language-server: $schema=...`.
 * Source: JSON Schema 2020-12.
 */
import { CHECKS } from '../finding.ts';
import { MANIFEST_VERSION } from './manifest.ts';

const TEXT = { type: 'string', pattern: '\\S' } as const;
const TEXTS = {
  oneOf: [TEXT, { type: 'array', items: TEXT, minItems: 1 }],
} as const;

const SETTINGS = {
  onto: { ...TEXT, description: 'the new base' },
  from: {
    ...TEXT,
    description: "the old base: an image, a DiffID or ChainID of its top layer, or 'scratch'",
  },
  tag: { ...TEXT, description: 'tag of the result; may hold {repository} and {tag}' },
  config: { enum: ['merge', 'keep'], description: 'how settings come together' },
  allow: {
    description: 'checks to waive',
    oneOf: [{ enum: CHECKS }, { type: 'array', items: { enum: CHECKS }, minItems: 1 }],
  },
} as const;

export const MANIFEST_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'rebase-image batch manifest',
  type: 'object',
  additionalProperties: false,
  required: ['version', 'rebases'],
  properties: {
    version: { const: MANIFEST_VERSION },
    defaults: { type: 'object', additionalProperties: false, properties: SETTINGS },
    rebases: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        properties: {
          image: { ...TEXT, description: 'one image' },
          match: { ...TEXTS, description: 'globs over the tags of the host' },
          exclude: { ...TEXTS, description: 'globs that match leaves out' },
          ...SETTINGS,
          enabled: { type: 'boolean', description: 'false leaves the entry out' },
        },
        oneOf: [{ required: ['image'] }, { required: ['match'] }],
        dependentRequired: { exclude: ['match'] },
      },
    },
  },
} as const;
