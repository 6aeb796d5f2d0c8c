/**
 * What is known of images before anything is done: `check`, `base`, `dependents`.
 */
import { documentSchema } from './document.ts';
import { CHECKED_IMAGE, UNCHANGED_IMAGE } from './image.ts';
import { count, flag, listOf, orNull, part, record, text } from './shapes.ts';

export const CHECK_DOCUMENT = documentSchema(
  'check',
  'What could break on the new base. Refused: with error.',
  {
    host: part('host'),
    verdict: part('verdict', 'that of all images together'),
    images: listOf({ anyOf: [CHECKED_IMAGE, UNCHANGED_IMAGE] }, 'the images, as asked for'),
    error: part('failure', 'why a rebase would be refused'),
  },
  ['error'],
);

const FROM = text('what to give to --from');

const CANDIDATE = record('an image that may be the old base', {
  name: text('its name'),
  imageId: part('imageId'),
  layers: count('how many layers'),
  tags: listOf(text('repository:tag'), 'all its tags'),
  historyMatches: flag("whether the image's history begins with its history"),
  from: FROM,
});

const PROPOSAL = record('where a base that is gone may have ended', {
  layers: count('how many layers'),
  topDiffId: part('diffId', 'its top layer'),
  evidence: listOf(text('one line'), 'why'),
  from: FROM,
});

export const BASE_DOCUMENT = documentSchema('base', 'What an image was built on.', {
  reference: text('the image as it was asked for'),
  imageId: part('imageId'),
  layers: count('how many layers it has'),
  detected: orNull(
    record('the base that a rebase would replace; null when that is not decided', {
      name: text('its name'),
      imageId: orNull(part('imageId', 'null when no local image is it')),
      layers: count('how many layers'),
      evidence: text('why it is the base'),
    }),
  ),
  undecided: orNull(text('why there is no detected base')),
  candidates: listOf(CANDIDATE, 'images that may be the base'),
  proposals: listOf(PROPOSAL, 'where there is no candidate'),
  labels: {
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'labels org.opencontainers.image.base.*: hints, no proof',
  },
});

export const DEPENDENT = record('an image of the tree', {
  imageId: part('imageId'),
  name: text('its first tag, else a digest reference, else its short ID'),
  tags: listOf(text('repository:tag'), 'all its tags'),
  layers: count("all its layers, the base's too"),
  ownLayers: count('layers above those of the image that it stands on'),
  ownBytes: orNull(count('bytes of these; null when the store does not know')),
  containers: listOf(part('container'), 'containers made from it'),
  children: listOf(part('dependent'), 'images that stand on it'),
});

export const DEPENDENTS_DOCUMENT = documentSchema('dependents', 'The images on a base.', {
  storeRoot: text("dockerd's data-root"),
  base: part('dependent', 'the base, and everything on it below it'),
  untaggedLeftOut: count('images without a name that are left out'),
});
