/**
 * `--strategy overlay`: a rebase of the base itself, for everything on it.
 */
import type { Options } from 'yargs';
import type { StrategyRequest } from '../../../api/overlay/plan-strategy.ts';
import { RebaseError } from '../../../errors.ts';
import { switchOption, textOption, type Given } from '../../options.ts';
import { baseRequest, imagesOf } from '../../rebase-request.ts';

const STRATEGIES = ['metadata', 'overlay'] as const;
type Strategy = (typeof STRATEGIES)[number];

export const STRATEGY = {
  strategy: {
    choices: STRATEGIES,
    default: 'metadata',
    describe: 'metadata: new images; overlay: new files for all images and containers on the base',
  },
} as const satisfies Record<string, Options>;

/** What only a rebase of images has. */
const IMAGES_ONLY = ['tag', 'keep-old', 'keep-going', 'out'];
/** dockerd keeps running. */
const DAEMON_ONLY = ['restart', 'stop-command', 'start-command'];
const WHY = 'it changes the files of the base, makes no new image and needs no restart of dockerd';

/** Throws USAGE for options that the strategy has no use for. */
export function strategyOf(given: Given): Strategy {
  const strategy = given['strategy'] as Strategy;
  const useless =
    strategy === 'metadata'
      ? ['restart-containers'].filter((name) => switchOption(given, name))
      : [
          ...[...IMAGES_ONLY, ...DAEMON_ONLY].filter(
            (name) => given[name] !== undefined && given[name] !== false,
          ),
          ...(given['config'] === 'merge' ? [] : ['config']),
        ];
  const [first] = useless;
  if (first === undefined) return strategy;
  throw new RebaseError('USAGE', `--${first} makes no sense with --strategy ${strategy}`, {
    hint: strategy === 'overlay' ? WHY : 'containers keep their image: --strategy overlay',
  });
}

/** What a rebase with `--strategy overlay` is about. Throws USAGE. */
export function strategyRequest(
  given: Given,
): Pick<StrategyRequest, 'images' | 'onto' | 'from' | 'all'> {
  const { images, all } = imagesOf(given);
  const { onto } = baseRequest({ ...given, images });
  return { images, onto, from: textOption(given, 'from'), all };
}
