import type { Argv } from 'yargs';
import { completionScript } from '../completion/scripts.ts';
import { SHELLS, type Shell } from '../completion/shells.ts';
import type { Given } from '../options.ts';

export function addCompletion(parser: Argv, done: (exitCode: number) => void): Argv {
  return parser.command(
    'completion <shell>',
    'Print the script that completes words in bash, zsh or fish',
    (command) =>
      command
        .positional('shell', { choices: SHELLS, demandOption: true })
        .example('source <($0 completion bash)', 'for this shell')
        .example('$0 completion zsh > /usr/share/zsh/site-functions/_rebase-image', 'for all')
        .example('$0 completion fish > ~/.config/fish/completions/rebase-image.fish', 'for you'),
    (given: Given) => {
      process.stdout.write(completionScript(given['shell'] as Shell));
      done(0);
    },
  );
}
