import type { Argv } from 'yargs';
import { examineStore } from '../../api/examine-store.ts';
import { openStore } from '../../api/open-store.ts';
import { isDamage } from '../../domain/store-finding.ts';
import { doctorDocument } from '../../render/doctor-json.ts';
import { renderDoctor } from '../../render/doctor-text.ts';
import { damagedIds } from '../../render/id-lines.ts';
import {
  storeOptions,
  switchOption,
  terminalOf,
  textOption,
  withOptions,
  withStore,
  type Given,
} from '../options.ts';
import { showResult } from '../show-result.ts';

export function addDoctor(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'doctor',
    'Examine the whole store for damage; reads only',
    (command) =>
      withStore(
        withOptions(command, {
          deep: {
            type: 'boolean',
            default: false,
            describe: 'compare every file of every layer with its image too',
          },
          image: { type: 'string', describe: 'only what concerns this image' },
        }),
      ),
    async (given: Given) => {
      const terminal = terminalOf(given);
      const report = await examineStore(
        await openStore({ ...storeOptions(given), examine: true }),
        {
          image: textOption(given, 'image'),
          deep: switchOption(given, 'deep'),
          progress: terminal.waiting,
        },
      );
      showResult(terminal, {
        document: () => doctorDocument(report),
        text: () => renderDoctor(report, terminal.page),
        ids: () => damagedIds(report),
      });
      done(report.findings.some(isDamage) ? 1 : 0);
    },
  );
}
