import type { TransactionView } from '../domain/report.ts';
import { SCHEMA, type JsonDocument } from './json-document.ts';

export function historyDocument(transactions: readonly TransactionView[]): JsonDocument {
  return { schema: SCHEMA, changed: false, transactions };
}
