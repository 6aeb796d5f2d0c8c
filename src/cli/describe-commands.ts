/**
 * What the commands are called and which options they take, from the parser itself: completion, the
 * man page and hints for mistyped words say the same as help.
 */
import yargs, { type Argv } from 'yargs';
import type { AddCommand } from './command-line.ts';

export interface CommandDescription {
  /** Empty for the command without a name, which rebases. */
  readonly name: string;
  /** As help writes it: `undo [transaction]`, `<images..>`. */
  readonly usage: string;
  readonly description: string;
  readonly options: () => CommandOptions;
  /** Its page of help. */
  readonly help: () => Promise<string>;
}

export interface CommandOptions {
  /** Their names without dashes, hidden ones left out. */
  readonly names: readonly string[];
  /** Values of the options that take one of a list. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
  /** Options that take a value. */
  readonly valued: ReadonlySet<string>;
}

/** What yargs knows of a parser's options; it has the method, its types do not. */
interface ParserOptions {
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
  readonly boolean: readonly string[];
  readonly hiddenOptions: readonly string[];
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

/** Describes the commands that these functions add; those of a group by both words. */
export function describeCommands(
  commands: readonly AddCommand[],
  group: readonly string[] = [],
): CommandDescription[] {
  return commands.flatMap((add) => {
    const found: CommandDescription[] = [];
    const recorder = {
      command(spec: string | string[], description: string, build: (parser: Argv) => Argv): object {
        const text = [spec].flat()[0] ?? '';
        found.push(
          ...(add.commands === undefined
            ? [describe(group, text, description, build)]
            : describeCommands(add.commands, [...group, text])),
        );
        return recorder;
      },
      example: () => recorder,
    };
    add(recorder as unknown as Argv, () => undefined);
    return found;
  });
}

function describe(
  group: readonly string[],
  spec: string,
  description: string,
  build: (parser: Argv) => Argv,
): CommandDescription {
  const [first = '', ...positionals] = spec.split(' ');
  const name = first === '$0' ? '' : [...group, first].join(' ');
  const usage = [name, ...positionals].filter((word) => word !== '').join(' ');
  const parser = (): Argv =>
    build(
      yargs([])
        .scriptName('rebase-image')
        .wrap(80)
        .exitProcess(false)
        .usage(`rebase-image ${usage}\n\n${description}`),
    );
  return {
    name,
    usage,
    description,
    options: () => optionsOf(parser(), positionals),
    help: () => parser().getHelp(),
  };
}

function optionsOf(parser: Argv, positionals: readonly string[]): CommandOptions {
  const { key, alias, boolean, hiddenOptions, choices } = (
    parser as unknown as { getOptions: () => ParserOptions }
  ).getOptions();
  const others = new Set([
    ...Object.values(alias).flat(),
    ...positionals.map((word) => word.replace(/[<>[\].]/g, '')),
    ...hiddenOptions,
  ]);
  const names = Object.keys(key).filter((name) => !others.has(name));
  return {
    names,
    choices: new Map(Object.entries(choices)),
    valued: new Set(names.filter((name) => !boolean.includes(name))),
  };
}
