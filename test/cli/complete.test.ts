import { expect } from 'chai';
import type { Argv } from 'yargs';

import { complete, FILES } from '../../src/cli/completion/complete.ts';
import { describeCommands } from '../../src/cli/describe-commands.ts';

const IMAGES = ['alpine:3.7', 'alpine:3.12', 'registry.local:5000/team/app:1', 'my-app:1'];

const COMMANDS = describeCommands([
  (parser: Argv) =>
    parser.command('$0 <images..>', 'rebase', (command) =>
      command.options({
        onto: { type: 'string' },
        from: { type: 'string' },
        tag: { alias: 't', type: 'string' },
        out: { alias: 'o', type: 'string' },
        clone: { choices: ['auto', 'link'] },
        json: { type: 'boolean' },
        secret: { type: 'boolean', hidden: true },
      }),
    ),
  (parser: Argv) =>
    parser.command('undo [transaction]', 'undo', (command) =>
      command.options({ json: { type: 'boolean' } }),
    ),
  (parser: Argv) => parser.command('batch <file>', 'batch', (command) => command),
  (parser: Argv) => parser.command('completion <shell>', 'completion', (command) => command),
  Object.assign((parser: Argv) => parser.command('overlay', 'overlay', (group) => group), {
    commands: [
      (parser: Argv) => parser.command('pack <old> <new>', 'pack', (command) => command),
      (parser: Argv) => parser.command('apply <bundle>', 'apply', (command) => command),
      (parser: Argv) => parser.command('drop <name>', 'drop', (command) => command),
    ],
  }),
]);

function completed(...words: string[]): Promise<string[]> {
  return complete(words, { commands: COMMANDS, images: () => Promise.resolve(IMAGES) });
}

describe('cli/completion/complete', () => {
  const cases: [string[], string[]][] = [
    [[''], ['undo', 'batch', 'completion', 'overlay', ...IMAGES]],
    [['u'], ['undo']],
    [['alpine:3'], ['alpine:3.7', 'alpine:3.12']],
    [['alpine:3.7', '--onto', 'alpine:3.1'], ['alpine:3.12']],
    [['alpine:3.7', '--onto=alpine:3.1'], ['--onto=alpine:3.12']],
    [['alpine:3.7', '--from', 's'], ['scratch']],
    [['--onto', 'registry.local:'], ['registry.local:5000/team/app:1']],
    [
      ['--clone', ''],
      ['auto', 'link'],
    ],
    [['--clone=l'], ['--clone=link']],
    [['--o'], ['--onto', '--out']],
    [['--out', ''], [FILES]],
    [['-o', 'x'], [FILES]],
    [['--tag', 'a'], []],
    [['--json', 'my'], ['my-app:1']],
    [['--secret'], []],
    [['undo', ''], []],
    [
      ['undo', '--'],
      ['--help', '--json', '--version'],
    ],
    [['batch', 'b'], [FILES]],
    [['o'], ['overlay']],
    [
      ['overlay', ''],
      ['pack', 'apply', 'drop'],
    ],
    [['overlay', 'a'], ['apply']],
    [['overlay', 'apply', ''], [FILES]],
    [['overlay', 'pack', 'my'], ['my-app:1']],
    [['overlay', 'drop', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
  ];
  for (const [words, expected] of cases) {
    it(`${words.join(' ')}| ${expected.join(' ') || 'nothing'}`, async () => {
      expect(await completed(...words)).to.deep.equal(expected);
    });
  }
});
