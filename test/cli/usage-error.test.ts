import { expect } from 'chai';

import { COMMANDS } from '../../src/cli/command-line.ts';
import { describeCommands } from '../../src/cli/describe-commands.ts';
import { usageError } from '../../src/cli/usage-error.ts';

const MISSING = 'Not enough non-option arguments: got 0, need at least 1';
const CHOICE = 'Invalid values:\n  Argument: clone, Given: "foo", Choices: "auto", "link"\n';

/** The parser's messages, word by word; test/e2e/bad-input.test.ts has them from itself. */
describe('cli/usage-error', () => {
  const commands = describeCommands(COMMANDS);
  const cases: [string[], string, string, string][] = [
    [['batch'], MISSING, 'no file is named', 'rebase-image batch --help'],
    [['apply'], MISSING, 'no plan is named', 'rebase-image apply --help'],
    [['completion'], MISSING, 'no shell is named', 'rebase-image completion --help'],
    [['--json', 'base'], MISSING, 'no image is named', 'rebase-image base --help'],
    [['check', '--onto', 'a'], MISSING, 'no image is named', 'rebase-image check --help'],
    [[], MISSING, 'no image is named', 'rebase-image --help'],
    [['a', '--clone', 'foo'], CHOICE, '--clone cannot be "foo"', 'choose one of auto, link'],
    [['a', '--clone=foo'], CHOICE, '--clone cannot be "foo"', 'choose one of auto, link'],
    [['foo'], CHOICE, 'clone cannot be "foo"', 'choose one of auto, link'],
    [['a', '--ontoo=b'], 'Unknown argument: ontoo', 'there is no option --ontoo here', '--onto?'],
    [['undo', '1', '2'], 'Unknown argument: 2', '2 is one word too many', 'rebase-image --help'],
    [['a'], 'Something\n  else', 'Something else', 'rebase-image --help'],
  ];
  for (const [args, message, said, hint] of cases) {
    it(`${args.join(' ')}: ${said}`, () => {
      const error = usageError(message, args, commands);
      expect(error).to.include({ code: 'USAGE', message: said });
      expect(error.hint).to.match(new RegExp(`${hint.replace('?', '\\?')}$`));
    });
  }
});
