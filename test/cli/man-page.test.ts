import { expect } from 'chai';
import type { Argv } from 'yargs';

import { describeCommands } from '../../src/cli/describe-commands.ts';
import { manPage } from '../../src/cli/man-page.ts';

const COMMANDS = describeCommands([
  (parser: Argv) =>
    parser.command('$0 <images..>', '.Puts \\images', (command) =>
      command.options({ onto: { type: 'string', describe: ".the base's \\name" } }),
    ),
  (parser: Argv) => parser.command('undo [transaction]', 'undo', (command) => command),
]);

describe('cli/man-page', () => {
  it('has a section for every command, with its options', async () => {
    const page = await manPage(COMMANDS, '1.2.3');
    expect(page).to.match(/^\.TH REBASE-IMAGE 8 "" "rebase-image 1\.2\.3" /);
    expect(page).to.contain('.SS rebase\\-image <images..>\n');
    expect(page).to.contain('.SS rebase\\-image undo [transaction]\n');
    expect(page).to.match(/\\-\\-onto +\.the base's \\ename/);
  });

  it('holds no line that roff would take for a request but its own', async () => {
    const page = await manPage(COMMANDS, '1.2.3');
    const requests = page.split('\n').filter((line) => /^[.']/.test(line));
    const known = /^\.(TH|SH|SS|TP|BR|br|nf|fi)\b/;
    expect(requests.filter((line) => !known.test(line))).to.deep.equal([]);
  });
});
