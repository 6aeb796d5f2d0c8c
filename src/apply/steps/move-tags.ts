/**
 * repositories.json: one new file, one rename. This is the commit point of a transaction.
 * Source: store.md 1.6; moby refstore/store.go (save).
 */
import path from 'node:path';
import { counted } from '../../domain/counted.ts';
import { changedRepositories } from '../repositories-text.ts';
import { MODE } from '../../store/layout.ts';
import { readText } from '../../store/read-file.ts';
import { some, temporaryName, type Step, type StepContext } from '../step.ts';

export const moveTags: Step = {
  describe: ({ bound }) => some(bound.tags, (count) => `move ${counted(count, 'tag')}`),

  run(context) {
    const forward = context.bound.tags.map(({ repository, key, after }) => ({
      repository,
      key,
      imageId: after,
    }));
    replaceRepositories(context, (text) => changedRepositories(text, forward));
  },

  /**
   * A repositories.json that nobody wrote since gets its former bytes again, or goes where there was
   * none; in any other only these tags change.
   */
  undo(context) {
    const { bound, repositories, disk, layout } = context;
    const back = bound.tags.map(({ repository, key, before }) => ({
      repository,
      key,
      imageId: before,
    }));
    const untouched = readText(layout.repositories) === repositories.after;
    if (untouched && repositories.before === null) {
      disk.removeFile(layout.repositories);
      disk.sync(path.dirname(layout.repositories));
      return;
    }
    replaceRepositories(context, (text) =>
      untouched ? (repositories.before ?? text) : changedRepositories(text, back),
    );
  },
};

/** Writes repositories.json anew with what `change` makes of it; nothing when that is nothing. */
export function replaceRepositories(
  { disk, layout, transaction }: Pick<StepContext, 'disk' | 'layout' | 'transaction'>,
  change: (text: string) => string,
): void {
  const text = readText(layout.repositories) ?? '{"Repositories":{}}';
  const changed = change(text);
  if (changed === text) return;
  const folder = path.dirname(layout.repositories);
  const temporary = path.join(folder, temporaryName('.tmp-repositories.json-', transaction, 0));
  disk.removeFile(temporary);
  disk.writeFile(temporary, changed, MODE.repositories);
  disk.sync(temporary);
  disk.rename(temporary, layout.repositories);
  disk.sync(folder);
}
