/**
 * What is taken back or let go of: `undo --dry-run` and `prune`.
 */
import { DONE, documentSchema } from './document.ts';
import { count, listOf, orNull, part, record, text } from './shapes.ts';

const TRANSACTION = count('the number of a transaction');

const TAG_BACK = record('a tag that goes back', {
  tag: text('repository:tag'),
  before: part('imageId', 'what it names'),
  after: orNull(part('imageId', 'what it names afterwards; null when it goes')),
});

export const UNDO_DOCUMENT = documentSchema('undo', 'What undo would do (--dry-run).', {
  transaction: count('the number of the transaction'),
  refusals: listOf(text('one line'), 'what stands against it; exit code 3 unless empty'),
  notes: listOf(text('one line'), 'what else is to be known'),
  tags: listOf(TAG_BACK, 'tags that go back'),
  switches: listOf(part('switch'), 'bases that get other files again'),
  removed: record('what is removed because nothing else uses it', {
    images: listOf(part('imageId'), 'images'),
    layers: listOf(part('chainId'), 'layers'),
  }),
});

const OLD_IMAGE = record('an image that a rebase has replaced and nothing uses', {
  imageId: part('imageId'),
  was: text('the tag that it had'),
  tags: listOf(text('repository:tag'), 'its tags, made by --keep-old'),
  digests: listOf(text('name@sha256:...'), 'its digest references'),
});

const KEPT_IMAGE = record('an old image that stays', {
  imageId: part('imageId'),
  was: text('the tag that it had'),
  reasons: listOf(text('one line'), 'what uses it'),
});

const PRUNE = {
  host: part('host'),
  images: listOf(OLD_IMAGE, 'images to remove'),
  parents: listOf(part('imageId'), 'untagged images of their builds, which go with them'),
  kept: listOf(KEPT_IMAGE, 'old images that stay'),
  blocked: orNull(text('why no image can be removed at present; null when they can')),
  leftovers: listOf(part('transaction'), 'transactions that were staged and not published'),
  endsUndo: listOf(TRANSACTION, 'those that can then not be undone any more'),
  frees: record('what comes free', {
    bytes: count('bytes on disk'),
    inodes: count('files and folders'),
    layers: count('layers that go with the images'),
  }),
};

export const PRUNE_DOCUMENT = documentSchema('prune', 'What prune would remove.', PRUNE);

export const PRUNED_DOCUMENT = documentSchema('pruned', 'What prune has removed.', {
  ...PRUNE,
  changed: DONE.changed,
  discarded: listOf(TRANSACTION, 'those whose leftovers were thrown away'),
  released: listOf(OLD_IMAGE, 'images that were removed'),
});
