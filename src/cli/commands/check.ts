import type { Argv } from 'yargs';
import { refusalOf } from '../../api/refusal.ts';
import { checkRebase } from '../../api/check-rebase.ts';
import { openStore } from '../../api/open-store.ts';
import { checkDocument } from '../../render/check-json.ts';
import { renderCheck } from '../../render/check-text.ts';
import { refusedIds } from '../../render/id-lines.ts';
import { allowedChecks, storeOptions, terminalOf, withAllow, type Given } from '../options.ts';
import { baseRequest, withImagesAndBases } from '../rebase-request.ts';
import { showJudgement } from '../show-judgement.ts';

export function addCheck(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'check <images..>',
    'Show what could break on the new base, and write nothing',
    (command) =>
      withAllow(withImagesAndBases(command, 'images to check')).example(
        '$0 check my-app:1 --onto alpine:3.12',
        'exit code 3 when the verdict is BREAKS',
      ),
    async (given: Given) => {
      done(await check(given));
    },
  );
}

async function check(given: Given): Promise<number> {
  const terminal = terminalOf(given);
  const request = {
    ...baseRequest(given),
    allow: allowedChecks(given),
    progress: terminal.waiting,
  };
  const report = checkRebase(await openStore(storeOptions(given)), request);
  return showJudgement(terminal, {
    document: () => checkDocument(report),
    text: () => renderCheck(report, terminal.page),
    ids: () => refusedIds(report),
    refusal: refusalOf(report),
  });
}
