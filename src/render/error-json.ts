import { RebaseError } from '../errors.ts';
import type { JsonDocument } from './json-document.ts';

/** `error` of a document: code, message, hint. */
export function errorFields(error: unknown): JsonDocument {
  if (error instanceof RebaseError) {
    return { code: error.code, message: error.message, hint: error.hint ?? null };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message, hint: 'this is a bug in rebase-image' };
}
