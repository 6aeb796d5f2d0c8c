import { SCHEMA, type DocumentName } from '../json-document.ts';
import { always, count, flag, orNull, record, type Schema, type Schemas } from './shapes.ts';

/** What most documents say first: they change nothing and belong to no transaction. */
const READ_ONLY = {
  changed: always(false, 'nothing was changed'),
  transaction: always(null, 'it belongs to no transaction'),
};

/** The head of a document of what may have been done. */
export const DONE = {
  changed: flag('whether anything was changed on the host'),
  transaction: orNull(count('the number of the transaction; null when there is none')),
};

/** A whole document: its head, and what else it says. */
export function documentSchema(
  name: DocumentName,
  description: string,
  properties: Schemas,
  optional: readonly string[] = [],
): Schema {
  return record(
    description,
    {
      schema: always(SCHEMA, 'the shape of this document; what breaks readers gets a new number'),
      document: always(name, 'which of the documents this is'),
      ...READ_ONLY,
      ...properties,
    },
    optional,
  );
}
