import type { Argv } from 'yargs';
import { openStore } from '../../../api/open-store.ts';
import { planPack, writePack } from '../../../api/overlay/pack-overlay.ts';
import { RebaseError } from '../../../errors.ts';
import { packDocument } from '../../../render/overlay/documents.ts';
import { renderPack } from '../../../render/overlay/pack-text.ts';
import {
  storeOptions,
  switchOption,
  terminalOf,
  textOption,
  withOptions,
  withStore,
  type Given,
} from '../../options.ts';
import { showResult } from '../../show-result.ts';
import { catchSignals, endSignal } from '../../signals.ts';
import { VERSION } from '../../version.ts';

export function addOverlayPack(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'pack <old> <new>',
    'Write a bundle that makes one base look like another, for other hosts',
    (command) =>
      withStore(
        withOptions(
          command
            .positional('old', { type: 'string', demandOption: true, describe: 'the base there' })
            .positional('new', {
              type: 'string',
              demandOption: true,
              describe: 'what it is to look like',
            }),
          {
            out: { alias: 'o', type: 'string', describe: 'the file: NAME.tar.gz' },
            union: {
              type: 'boolean',
              default: false,
              describe: 'leave in place what only the old base has',
            },
            'dry-run': {
              alias: 'n',
              type: 'boolean',
              default: false,
              describe: 'show what would be in it and write nothing',
            },
          },
        ),
      ).example(
        '$0 overlay pack base:20220621 base:20220628 -o 0628.tar.gz',
        'both are images here',
      ),
    async (given: Given) => {
      done(await pack(given));
    },
  );
}

async function pack(given: Given): Promise<number> {
  const terminal = terminalOf(given);
  const dryRun = switchOption(given, 'dry-run');
  const file = textOption(given, 'out');
  if (file === undefined && !dryRun) {
    throw new RebaseError('USAGE', '--out is missing: where does the bundle go?', {
      hint: 'rebase-image overlay pack OLD NEW -o FILE.tar.gz',
    });
  }
  catchSignals();
  const plan = planPack(await openStore(storeOptions(given)), {
    old: String(given['old']),
    new: String(given['new']),
    union: switchOption(given, 'union'),
    file,
    tool: `rebase-image ${VERSION}`,
    progress: terminal.waiting,
  });
  const { waiting: progress } = terminal;
  const report = dryRun ? plan.report : await writePack(plan, { progress, signal: endSignal });
  showResult(terminal, {
    document: () => packDocument(report),
    text: () => renderPack(report, { ...terminal.page, everyFile: dryRun }),
    ids: () => (report.written === undefined ? '' : `${report.written.sha256}\n`),
  });
  return switchOption(given, 'detailed-exitcode') ? 2 : 0;
}
