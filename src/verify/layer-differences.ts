import type { ByteString } from '../domain/byte-string.ts';
import type { Difference } from '../domain/layer-contents.ts';
import type { LayerEntry, LayerIndex } from '../domain/layer-index.ts';

/**
 * Where a layer's directory is not what its tar makes of it: what `docker save` cannot see, since it
 * reads the tar's headers from tar-split and only contents from the directory (store.md 4.4, 7: 11,
 * 12). `named`: the paths that the tar names; what dockerd makes on the way to them has no attributes
 * of its own. The root's attributes are dockerd's.
 */
export function layerDifferences(
  tar: LayerIndex,
  directory: LayerIndex,
  named: ReadonlySet<ByteString>,
): Difference[] {
  const found = new Map(directory.entries.map((entry) => [entry.path, entry]));
  const expected = new Set(tar.entries.map(({ path }) => path));
  const marks = markDifferences(tar, directory);
  const marked = new Set(marks.map(({ path }) => path));
  return [
    ...marks,
    ...tar.entries.flatMap((entry): Difference[] => {
      const { path } = entry;
      const other = found.get(path);
      if (path === '' || marked.has(path)) return [];
      if (other === undefined) return [{ kind: 'missing', path, what: 'is not there' }];
      const what = changeOf(entry, other, named.has(path));
      return what === undefined ? [] : [{ kind: 'changed', path, what }];
    }),
    ...directory.entries.flatMap(({ path, type }): Difference[] =>
      path === '' || expected.has(path) || marked.has(path)
        ? []
        : [{ kind: 'extra', path, what: `is a ${type} that the layer does not have` }],
    ),
  ];
}

/** Deletions that got lost or were added. */
function markDifferences(tar: LayerIndex, directory: LayerIndex): Difference[] {
  const whiteout = (path: ByteString, what: string): Difference => ({
    kind: 'whiteout',
    path,
    what,
  });
  return [
    ...without(tar.whiteouts, directory.whiteouts).map((path) =>
      whiteout(path, 'is deleted by the layer, and its whiteout is not there'),
    ),
    ...without(directory.whiteouts, tar.whiteouts).map((path) =>
      whiteout(path, 'is a whiteout that the layer does not have'),
    ),
    ...without(tar.opaque, directory.opaque).map((path) =>
      whiteout(path, 'hides what is below it, and its opaque mark is not there'),
    ),
    ...without(directory.opaque, tar.opaque)
      .filter((path) => path !== '')
      .map((path) => whiteout(path, 'has an opaque mark that the layer does not have')),
  ];
}

function without(all: ReadonlySet<ByteString>, some: ReadonlySet<ByteString>): ByteString[] {
  return [...all].filter((path) => !some.has(path));
}

function changeOf(tar: LayerEntry, found: LayerEntry, isNamed: boolean): string | undefined {
  if (tar.type !== found.type) return `is a ${found.type}, and in the layer a ${tar.type}`;
  const changes = [
    ...(isNamed && tar.type !== 'symlink' && tar.mode !== found.mode
      ? [`mode ${octal(found.mode)} and not ${octal(tar.mode)}`]
      : []),
    ...(isNamed && (tar.uid !== found.uid || tar.gid !== found.gid)
      ? [`owner ${found.uid}:${found.gid} and not ${tar.uid}:${tar.gid}`]
      : []),
    ...(tar.target === found.target ? [] : ['another target']),
    ...(tar.device === found.device ? [] : [`device ${found.device ?? ''}`]),
    ...(tar.size === found.size ? [] : [`${found.size} bytes and not ${tar.size}`]),
    ...(tar.hardLinkOf !== undefined && found.hardLinkOf === undefined
      ? ['a file of its own, and no hard link']
      : []),
  ];
  return changes.length === 0 ? undefined : `has ${changes.join(', ')}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

type Xattrs = ReadonlyMap<string, ByteString>;

const CAPABILITY = 'security.capability';
/** What dockerd reads back when it packs a layer; others that a build made stay where they are. */
const COMPARED = /^(security\.capability|user\.(?!overlay\.))/;

/**
 * Extended attributes of the tar that the directory does not have, or has otherwise, and capabilities
 * that it has and the tar has not. Under userns-remap the kernel writes capabilities in another form.
 */
export function xattrDifferences(
  tar: ReadonlyMap<ByteString, Xattrs>,
  directory: ReadonlyMap<ByteString, Xattrs>,
  { remapped }: { readonly remapped: boolean },
): Difference[] {
  return [...directory].flatMap(([path, found]) => {
    const wanted = tar.get(path);
    if (wanted === undefined) return [];
    const lost = [...wanted].filter(([name]) => COMPARED.test(name) && !found.has(name));
    const other = [...wanted].filter(
      ([name, value]) =>
        COMPARED.test(name) &&
        found.has(name) &&
        found.get(name) !== value &&
        !(remapped && name === CAPABILITY),
    );
    const extra = found.has(CAPABILITY) && !wanted.has(CAPABILITY);
    const what = [
      ...lost.map(([name]) => `no ${name} any more`),
      ...other.map(([name]) => `another ${name}`),
      ...(extra ? [`${CAPABILITY}, which the layer does not give it`] : []),
    ];
    return what.length === 0
      ? []
      : [{ kind: 'changed', path, what: `has ${what.join(', ')}` } as const];
  });
}
