import type { Argv } from 'yargs';
import { planStrategy } from '../../api/overlay/plan-strategy.ts';
import { planRebase, type RebaseRequest } from '../../api/plan-rebase.ts';
import { allowedChecks, switchOption, textOption, withOptions, type Given } from '../options.ts';
import { baseRequest, imagesOf, KEEPING, withImagesAndBases } from '../rebase-request.ts';
import { cloneOption, runPlan, withPlanning } from '../run-plan.ts';
import { RUNNING, runOverlay } from './overlay/run-overlay.ts';
import { STRATEGY, strategyOf, strategyRequest } from './overlay/strategy.ts';

export function addRebase(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    ['$0 [images..]'],
    'Put images onto a new base: plan, show, confirm, apply',
    (command) =>
      withPlanning(
        withOptions(withImagesAndBases(command, 'images to rebase'), {
          all: {
            type: 'boolean',
            default: false,
            describe: 'every image built on --from, with all its tags',
          },
          tag: { alias: 't', type: 'string', describe: 'tag for the result' },
          ...KEEPING,
          ...STRATEGY,
          ...RUNNING,
        }),
      )
        .example('$0 my-app:1 --onto alpine:3.12 -n', 'show what would change')
        .example('$0 my-app:1 --onto alpine:3.12', 'do it, after a question')
        .example('$0 --all --from alpine:3.7 --onto alpine:3.12', 'everything on a base'),
    async (given: Given) => {
      if (strategyOf(given) === 'overlay') {
        const request = strategyRequest(given);
        done(
          await runOverlay(given, (store, wishes) =>
            planStrategy(store, { ...wishes, ...request }),
          ),
        );
        return;
      }
      const request = requestOf(given);
      done(await runPlan(given, (store, progress) => planRebase(store, { ...request, progress })));
    },
  );
}

function requestOf(given: Given): RebaseRequest {
  const { images, all } = imagesOf(given);
  return {
    ...baseRequest({ ...given, images }),
    all,
    tag: textOption(given, 'tag'),
    keepOld: textOption(given, 'keep-old'),
    keepGoing: switchOption(given, 'keep-going'),
    clone: cloneOption(given),
    allow: allowedChecks(given),
  };
}
