import type { TransactionView } from '../domain/report.ts';
import { documentHead, type JsonDocument } from './json-document.ts';

export function historyDocument(transactions: readonly TransactionView[]): JsonDocument {
  return { ...documentHead('history'), transactions };
}
