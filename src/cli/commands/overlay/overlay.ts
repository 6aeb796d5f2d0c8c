import type { Argv } from 'yargs';
import type { AddCommand } from '../../command-line.ts';
import { addOverlayApply } from './apply.ts';
import { addOverlayDrop } from './drop.ts';
import { addOverlayPack } from './pack.ts';
import { addOverlayRestore } from './restore.ts';
import { addOverlayStatus } from './status.ts';

const OVERLAY_COMMANDS: readonly AddCommand[] = [
  addOverlayPack,
  addOverlayApply,
  addOverlayRestore,
  addOverlayStatus,
  addOverlayDrop,
];

/** The commands that make one base look like another, below one word. */
export const addOverlay: AddCommand = Object.assign(addGroup, { commands: OVERLAY_COMMANDS });

function addGroup(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'overlay',
    'Make a base look like another one, for existing containers too',
    (group) =>
      OVERLAY_COMMANDS.reduce((each, add) => add(each, done), group).demandCommand(
        1,
        'overlay needs a command: pack, apply, restore, status or drop',
      ),
  );
}
