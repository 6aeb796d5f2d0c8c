/**
 * Whether a data-root can be trusted to be one: its folders lead nowhere else, and what the journal
 * says is root's own word, since it may say how to start dockerd.
 */
import path from 'node:path';
import { RebaseError } from '../errors.ts';
import type { Layout } from './layout.ts';
import { namesIn, statOf } from './read-file.ts';

/**
 * Takes the layout of a store that was found. Throws STORE_UNSUPPORTED when a folder that is written
 * to is a symlink, when others than root could replace the journal, or when it is not root's.
 */
export function refuseUnsafe(layout: Layout): void {
  const { root, image, overlay, journal } = layout;
  const written = [
    image,
    path.dirname(layout.layerdb),
    layout.layerdb,
    layout.layerdbTemp,
    layout.mounts,
    ...[layout.imageContent, layout.imageMetadata].flatMap((folder) => between(image, folder)),
    overlay,
    layout.links,
  ];
  for (const folder of [path.dirname(image), ...written]) refuseElsewhere(folder);
  refuseOpenToOthers(root);
  // Under userns-remap the store is a folder of the data-root.
  if (/^\d+\.\d+$/.test(path.basename(root))) refuseOpenToOthers(path.dirname(root));
  const transactions = path.join(journal, 'transactions');
  for (const file of [journal, transactions, ...journalFiles(transactions)]) refuseForeign(file);
}

/** The folders below `top` on the way to `folder`, `folder` included. */
function between(top: string, folder: string): string[] {
  return folder === top ? [] : [...between(top, path.dirname(folder)), folder];
}

function refuseElsewhere(folder: string): void {
  const stat = statOf(folder);
  if (stat === undefined || stat.isDirectory()) return;
  throw new RebaseError(
    'STORE_UNSUPPORTED',
    `${folder} is ${stat.isSymbolicLink() ? 'a symlink' : 'no folder'}, and may lead out of the store`,
    { hint: 'move the folder back, or move the whole data-root ("data-root" in daemon.json)' },
  );
}

/** Whoever can write to a folder can put another journal, or another store, in place of its own. */
function refuseOpenToOthers(folder: string): void {
  const mode = statOf(folder)?.mode ?? 0;
  const sticky = (mode & 0o1000) !== 0;
  if ((mode & 0o002) === 0 || sticky) return;
  throw new RebaseError('STORE_UNSUPPORTED', `everybody may write to ${folder}`, {
    hint: `chmod o-w ${folder}, and see who wrote there`,
  });
}

/** Each transaction's folder and its journal. */
function journalFiles(transactions: string): string[] {
  return namesIn(transactions)
    .filter((name) => /^[1-9][0-9]*$/.test(name))
    .flatMap((name) => {
      const folder = path.join(transactions, name);
      return [folder, path.join(folder, 'journal')];
    });
}

function refuseForeign(file: string): void {
  const stat = statOf(file);
  if (stat === undefined) return;
  const is = path.basename(file) === 'journal' ? stat.isFile() : stat.isDirectory();
  const what = !is
    ? 'is not what this program has made'
    : stat.uid !== 0
      ? 'does not belong to root'
      : (stat.mode & 0o022) !== 0
        ? 'may be written by others than root'
        : undefined;
  if (what === undefined) return;
  throw new RebaseError('STORE_UNSUPPORTED', `${file} ${what}: it is not trusted`, {
    hint: 'it may say what root is to run; see who made it, and remove it if it was not you',
  });
}
