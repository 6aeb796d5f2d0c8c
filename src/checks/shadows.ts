import { textOfBytes } from '../domain/byte-string.ts';
import type { DiffID } from '../domain/digest.ts';
import type { FileFacts, FileRequest } from '../domain/file-fact.ts';
import { finding, type Finding, type Severity } from '../domain/finding.ts';
import type { TreeNode } from '../domain/merged-tree.ts';
import { appPaths, type AppPath } from './app-paths.ts';
import type { ContentFacts } from './content-facts.ts';
import { contentsOf, sameFile } from './same-file.ts';
import { someOf } from './some-of.ts';

/** A path of the app layers that hides another thing of the new base than it hid of the old one. */
export interface Shadow extends AppPath {
  readonly fresh: TreeNode;
}

/**
 * The paths at which the app layers hide what the new base has otherwise than the old one. Identical
 * files are none, neither in both bases nor in app and new base. Where a directory meets something
 * else it is `replaced-dir`'s.
 */
export function shadows(facts: ContentFacts, files: FileFacts): Shadow[] {
  return appPaths(facts)
    .filter(isOverTheSameKind)
    .filter(
      ({ app, old, fresh }) =>
        sameFile(old, fresh, files) === false && sameFile(app, fresh, files) === false,
    );
}

/** The files that `shadows` must know, as far as it is known which. */
export function shadowRequests(facts: ContentFacts, files: FileFacts): FileRequest[] {
  return appPaths(facts)
    .filter(isOverTheSameKind)
    .flatMap(({ app, old, fresh }) => {
      const changed = sameFile(old, fresh, files);
      if (changed === undefined) return contentsOf([old, fresh]);
      if (changed) return [];
      return sameFile(app, fresh, files) === undefined ? contentsOf([app, fresh]) : [];
    });
}

/** One finding about these shadows, of which there is at least one. */
export function shadowFinding(
  found: readonly Shadow[],
  severity: Severity,
  message: string,
  details: { readonly why: string; readonly hint?: string | undefined },
): Finding {
  const [first] = found;
  return finding('shadowed', severity, message, {
    ...details,
    path: first === undefined ? undefined : `/${first.path}`,
    layers: layersOf(found.flatMap(({ app, fresh }) => [app, fresh])),
  });
}

/** `/etc/a, /etc/b and 3 more`, for people. */
export function namesOf(found: readonly { readonly path: string }[]): string {
  return someOf(found.map(({ path }) => textOfBytes(`/${path}`)));
}

/** The layers that these are from, each once. */
export function layersOf(nodes: readonly TreeNode[]): DiffID[] {
  return [...new Set(nodes.flatMap(({ layer }) => (layer === undefined ? [] : [layer.diffId])))];
}

function isOverTheSameKind(path: AppPath): path is Shadow {
  return path.fresh !== undefined && isDirectory(path.fresh) === isDirectory(path.app);
}

function isDirectory({ entry }: TreeNode): boolean {
  return entry.type === 'directory';
}
