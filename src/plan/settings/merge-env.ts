/**
 * What is special about variables: their order, and PATH.
 */
import { inInstructionOrder, type Instruction } from './own-instructions.ts';
import { variableOf, type Items } from './read-settings.ts';

interface Variables {
  readonly app: Items;
  readonly oldBase: Items;
  readonly newBase: Items;
}

/** Builders give it to an image whose base has no PATH (moby oci/defaults: DefaultPathEnv). */
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The variables as a build sees them: on a base without PATH it begins by setting Docker's default.
 * An image without PATH was not built so.
 */
export function withDefaultPath(variables: Variables): Variables {
  if (!variables.app.has('PATH')) return variables;
  const completed = (base: Items): Items =>
    base.has('PATH') ? base : new Map([...base, variableOf(DEFAULT_PATH)]);
  return {
    ...variables,
    oldBase: completed(variables.oldBase),
    newBase: completed(variables.newBase),
  };
}

/**
 * The names of the merged variables in the order in which a build on the new base has them: the
 * base's, then the image's own as its instructions name them. An image whose own order is not that
 * of a build keeps it, and what is new comes last.
 */
export function mergedNames(
  { app, oldBase, newBase }: Variables,
  merged: Items,
  own: readonly Instruction[],
): string[] {
  const names = [...app.keys()];
  const built = [
    ...[...oldBase.keys()].filter((name) => app.has(name)),
    ...names.filter((name) => !oldBase.has(name)),
  ];
  const first = built.every((name, at) => name === names[at]) ? newBase : app;
  const base = [...first.keys()].filter((name) => merged.has(name));
  const rest = [...app.keys(), ...newBase.keys()].filter(
    (name) => merged.has(name) && !first.has(name),
  );
  return [...base, ...inInstructionOrder(own, [...new Set(rest)])];
}
