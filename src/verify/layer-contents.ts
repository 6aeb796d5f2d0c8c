import { textOfBytes, type ByteString } from '../domain/byte-string.ts';
import { shortId } from '../domain/digest.ts';
import type { DeepContents, Difference, LayerContents } from '../domain/layer-contents.ts';
import type { StoreCode, StoreFinding } from '../domain/store-finding.ts';
import { storeFinding } from './remedies.ts';

/** Findings of one kind that a layer gets; a ruined directory has thousands. */
const MOST_PER_KIND = 20;

/** What the contents of a layer say about it (store.md 7: 11, 12). */
export function examineContents({ chainId, tarSplit, deep }: LayerContents): StoreFinding[] {
  const name = `layer ${shortId(chainId)}`;
  const say = (code: StoreCode, what: string): StoreFinding =>
    storeFinding(code, `${name} ${what}`, [chainId]);
  if (tarSplit !== undefined) {
    return [say('tar-split', `has a tar-split.json.gz of no use: ${tarSplit}`)];
  }
  if (deep === undefined) return [];
  const files = filesOf(deep);
  const differs = deep.wanted !== deep.diffId && deep.damaged.length === 0;
  return [
    ...(differs
      ? [say('layer-digest', `makes a tar whose digest is ${deep.diffId}, not its DiffID`)]
      : []),
    ...[...files].flatMap(([code, list]) => {
      const more = list.length - MOST_PER_KIND;
      return [
        ...list
          .slice(0, MOST_PER_KIND)
          .map(({ path, what }) => say(code, `has a difference: ${shownPath(path)} ${what}`)),
        ...(more > 0 ? [say(code, `has ${more} more of these`)] : []),
      ];
    }),
  ];
}

interface FileProblem {
  readonly path: ByteString;
  readonly what: string;
}

const CODE_OF: Readonly<Record<Difference['kind'], StoreCode>> = {
  missing: 'layer-file',
  extra: 'layer-extra-file',
  changed: 'layer-attributes',
  whiteout: 'layer-whiteout',
};

/** By code; what the directory shows of a path makes it needless to say what its content shows. */
function filesOf({ damaged, differences, marks }: DeepContents): Map<StoreCode, FileProblem[]> {
  const files = new Map<StoreCode, FileProblem[]>();
  const add = (code: StoreCode, problem: FileProblem): void => {
    files.set(code, [...(files.get(code) ?? []), problem]);
  };
  const told = new Set(differences.map(({ path }) => path));
  for (const { path, reason } of damaged) {
    const clean = cleaned(path);
    if (!told.has(clean)) add('layer-file', { path: clean, what: `is damaged: ${reason}` });
  }
  for (const { kind, path, what } of differences) add(CODE_OF[kind], { path, what });
  for (const { path, xattr } of marks)
    add('redirect-mark', { path, what: `has the mark ${xattr}` });
  return files;
}

function cleaned(path: ByteString): ByteString {
  return path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '');
}

function shownPath(path: ByteString): string {
  return `/${textOfBytes(path)}`;
}
