/**
 * The JSON Schema of everything that --json prints. Source: JSON Schema 2020-12.
 */
import type { DocumentName } from '../json-document.ts';
import { BASE_DOCUMENT, CHECK_DOCUMENT, DEPENDENTS_DOCUMENT } from './images-known.ts';
import { ERROR_DOCUMENT, OUTCOME_DOCUMENT } from './outcome.ts';
import {
  OVERLAY_APPLIED_DOCUMENT,
  OVERLAY_DROP_DOCUMENT,
  OVERLAY_PACK_DOCUMENT,
  OVERLAY_PLAN_DOCUMENT,
  OVERLAY_STATUS_DOCUMENT,
} from './overlay.ts';
import { PARTS } from './parts.ts';
import { APPLIED_DOCUMENT, PLAN_DOCUMENT } from './plan.ts';
import { part, type Schema } from './shapes.ts';
import { DOCTOR_DOCUMENT, HISTORY_DOCUMENT, JOURNALS_DOCUMENT, STATUS_DOCUMENT } from './store.ts';
import { PRUNE_DOCUMENT, PRUNED_DOCUMENT, UNDO_DOCUMENT } from './taking-back.ts';

const DOCUMENTS: Readonly<Record<DocumentName, Schema>> = {
  plan: PLAN_DOCUMENT,
  applied: APPLIED_DOCUMENT,
  outcome: OUTCOME_DOCUMENT,
  check: CHECK_DOCUMENT,
  base: BASE_DOCUMENT,
  dependents: DEPENDENTS_DOCUMENT,
  doctor: DOCTOR_DOCUMENT,
  history: HISTORY_DOCUMENT,
  journals: JOURNALS_DOCUMENT,
  status: STATUS_DOCUMENT,
  undo: UNDO_DOCUMENT,
  prune: PRUNE_DOCUMENT,
  pruned: PRUNED_DOCUMENT,
  'overlay-plan': OVERLAY_PLAN_DOCUMENT,
  'overlay-applied': OVERLAY_APPLIED_DOCUMENT,
  'overlay-pack': OVERLAY_PACK_DOCUMENT,
  'overlay-status': OVERLAY_STATUS_DOCUMENT,
  'overlay-drop': OVERLAY_DROP_DOCUMENT,
  error: ERROR_DOCUMENT,
};

/** What each command prints when it does not fail before it has anything to say. */
const PRINTED_BY: Readonly<Record<string, readonly DocumentName[]>> = {
  rebase: ['plan', 'applied', 'overlay-plan', 'overlay-applied'],
  batch: ['plan', 'applied'],
  apply: ['plan', 'applied'],
  base: ['base'],
  check: ['check'],
  dependents: ['dependents'],
  doctor: ['doctor'],
  history: ['history', 'journals'],
  status: ['status'],
  undo: ['undo', 'outcome'],
  resume: ['outcome'],
  abort: ['outcome'],
  prune: ['prune', 'pruned'],
  'overlay-pack': ['overlay-pack'],
  'overlay-apply': ['overlay-plan', 'overlay-applied'],
  'overlay-restore': ['overlay-plan', 'overlay-applied'],
  'overlay-status': ['overlay-status'],
  'overlay-drop': ['overlay-drop'],
};

/**
 * `$defs` has each document by its name, each command as `<name>-command` (the one without a name as
 * `rebase-command`), and what several documents hold.
 */
export const OUTPUT_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'rebase-image --json',
  description: 'One document on stdout; its key "document" tells which.',
  oneOf: Object.keys(DOCUMENTS).map((name) => part(name)),
  $defs: {
    ...Object.fromEntries(Object.entries(PRINTED_BY).map(commandDef)),
    ...DOCUMENTS,
    ...PARTS,
  },
} as const;

function commandDef([name, documents]: readonly [string, readonly DocumentName[]]) {
  const schema = {
    description: `what ${name === 'rebase' ? 'a rebase' : name} prints`,
    oneOf: [...documents, 'error'].map((document) => part(document)),
  };
  return [`${name}-command`, schema] as const;
}
