/**
 * The words that say what a rebase is: which images, onto which base, from which one, and what
 * becomes of their settings. A rebase and its check share them.
 */
import type { Argv, Options } from 'yargs';
import type { BaseRequest } from '../api/requested-images.ts';
import { CONFIG_MODES, type ConfigMode } from '../domain/settings.ts';
import { RebaseError } from '../errors.ts';
import { KEEP_OLD_TEMPLATE } from '../plan/plan-tags.ts';
import { switchOption, textOption, withOptions, type Given } from './options.ts';

const BASES = {
  onto: { type: 'string', describe: 'the new base' },
  from: {
    type: 'string',
    describe:
      "the old base (default: detected): an image, the DiffID or ChainID of its top layer, a number of layers, or 'scratch'",
  },
} as const satisfies Record<string, Options>;

export const CONFIG = {
  config: {
    choices: CONFIG_MODES,
    default: 'merge',
    describe: "the app's settings: merged key by key with those of the bases, or kept",
  },
} as const satisfies Record<string, Options>;

/** Options of every command that plans for one image or many. */
export const KEEPING = {
  'keep-old': {
    type: 'string',
    describe: `tag the old image (--keep-old[=TEMPLATE], default ${KEEP_OLD_TEMPLATE})`,
  },
  'keep-going': {
    type: 'boolean',
    default: false,
    describe: 'leave out what cannot be planned or is refused; exit code 7',
  },
} as const satisfies Record<string, Options>;

/** Adds the images and the options that say what becomes of them. */
export function withImagesAndBases(parser: Argv, describe: string): Argv {
  return withOptions(parser.positional('images', { type: 'string', array: true, describe }), {
    ...BASES,
    ...CONFIG,
  });
}

/** Reads them. Throws USAGE without --onto. */
export function baseRequest(given: Given): BaseRequest {
  const onto = textOption(given, 'onto');
  if (onto === undefined) {
    throw new RebaseError('USAGE', '--onto is missing: which image is the new base?', {
      hint: 'rebase-image my-alpine:3.7 --onto alpine:3.12',
    });
  }
  return {
    images: given['images'] as string[],
    onto,
    from: textOption(given, 'from'),
    config: configMode(given),
  };
}

export function configMode(given: Given): ConfigMode {
  return given['config'] as ConfigMode;
}

/** Which images are meant. Throws USAGE when none is. */
export function imagesOf(given: Given): {
  readonly images: readonly string[];
  readonly all: boolean;
} {
  const all = switchOption(given, 'all');
  const images = (given['images'] ?? []) as string[];
  if (images.length > 0 || all) return { images, all };
  throw new RebaseError('USAGE', 'no image is named', {
    hint: 'rebase-image IMAGE --onto BASE, or rebase-image --help',
  });
}
