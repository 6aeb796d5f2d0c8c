import { runCommandLine } from './command-line.ts';

// A terminal that hangs up, or a pager that ends, must not end a run between dockerd's stop and
// start: what cannot be shown any more is not shown.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// A run that nothing keeps going any more has not come to its end.
process.exitCode = 1;
void runCommandLine(process.argv.slice(2)).then((exitCode) => {
  process.exitCode = exitCode;
});
