/**
 * repositories.json: one new file, one rename. This is the commit point of a transaction.
 * Source: store.md 1.6; moby refstore/store.go (save).
 */
import path from 'node:path';
import stringify from 'json-stable-stringify';
import { counted } from '../../domain/counted.ts';
import { changedRepositories } from '../repositories-text.ts';
import { MODE } from '../../store/layout.ts';
import { readText } from '../../store/read-file.ts';
import { parseTags } from '../../store/read-tags.ts';
import { some, temporaryName, type Step, type StepContext } from '../step.ts';

/** What dockerd writes when there is no tag. */
const NO_TAGS = '{"Repositories":{}}';

export const moveTags: Step = {
  describe: ({ bound }) => some(bound.tags, (count) => `move ${counted(count, 'tag')}`),

  /** Tags that name a third image by now were moved by somebody else, and stay. */
  run(context) {
    replaceRepositories(context, (text) => {
      const { byKey } = parseTags(text, context.layout.repositories);
      const forward = context.bound.tags
        .filter(({ key, before }) => byKey.get(key)?.imageId === before)
        .map(({ repository, key, after }) => ({ repository, key, imageId: after }));
      return changedRepositories(text, forward);
    });
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
    const text = readText(layout.repositories) ?? '';
    const changed = changedRepositories(text === '' ? NO_TAGS : text, back);
    const { before, after } = repositories;
    const wasAllOurs = text === after && sameContent(changed, before ?? NO_TAGS);
    if (wasAllOurs && before === null) {
      disk.removeFile(layout.repositories);
      disk.sync(path.dirname(layout.repositories));
      return;
    }
    replaceRepositories(context, () => (wasAllOurs ? (before ?? changed) : changed));
  },
};

/**
 * Writes repositories.json anew with what `change` makes of it; not when that is nothing. What a run
 * that died left of it is removed, and its rename made durable.
 */
export function replaceRepositories(
  { disk, layout, transaction }: Pick<StepContext, 'disk' | 'layout' | 'transaction'>,
  change: (text: string) => string,
): void {
  const text = readText(layout.repositories) ?? NO_TAGS;
  const changed = change(text);
  const folder = path.dirname(layout.repositories);
  const temporary = path.join(folder, temporaryName('.tmp-repositories.json-', transaction, 0));
  disk.removeFile(temporary);
  if (changed !== text) {
    disk.writeFile(temporary, changed, MODE.repositories);
    disk.sync(temporary);
    disk.rename(temporary, layout.repositories);
  }
  disk.sync(folder);
}

/** Whether two texts of repositories.json say the same, however they are printed. */
function sameContent(a: string, b: string): boolean {
  return stringify(JSON.parse(a)) === stringify(JSON.parse(b));
}
