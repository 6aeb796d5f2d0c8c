/**
 * How a run ended that has changed something, or has failed: `undo`, `resume`, `abort`, and every
 * failure.
 */
import { OUTCOME_KINDS } from '../../domain/report.ts';
import { DONE, documentSchema } from './document.ts';
import { RESULT_IMAGE } from './image.ts';
import { always, choice, listOf, orNull, part, text } from './shapes.ts';

/** What an outcome says besides its head and its images. */
export const OUTCOME = {
  kind: choice(OUTCOME_KINDS, 'what was done: to the images, or to the transaction'),
  switches: listOf(part('switch'), 'bases whose files were exchanged'),
  pending: orNull(
    choice(
      ['restart', 'publish'],
      'restart: dockerd takes the result at its next start; publish: it is staged only',
    ),
  ),
  notes: listOf(text('one line'), 'what else is to be known'),
};

export const OUTCOME_DOCUMENT = documentSchema(
  'outcome',
  'How a command ended that goes on with a transaction or takes it back.',
  { ...OUTCOME, ...DONE, images: listOf(RESULT_IMAGE, 'what was done to each image') },
);

export const ERROR_DOCUMENT = documentSchema(
  'error',
  'A failure: the keys of an outcome, and the error. Every command can print it.',
  {
    ...OUTCOME,
    ...DONE,
    kind: always(null, 'nothing was done, or it is not done to its end'),
    images: { type: 'array', maxItems: 0, description: 'empty' },
    switches: { type: 'array', maxItems: 0, description: 'empty' },
    pending: always(null, 'the error says how to go on'),
    error: part('failure'),
  },
);
