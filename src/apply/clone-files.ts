/**
 * Clones diff/ of layer directories with GNU cp and tar, the only tools that keep whiteouts,
 * xattrs, owners, links within a layer, sparse files and names that are no text.
 */
import path from 'node:path';
import type { CloneMode } from '../domain/report.ts';
import type { Layout } from '../store/layout.ts';
import { LARGE_FILE, measureLayers } from '../store/measure-layers.ts';
import { canReflink } from './can-reflink.ts';
import { withModeHint } from './clone-mode-hint.ts';
import { COPY_LISTED, namesAsInput } from './copy-listed.ts';
import type { Disk } from './disk.ts';
import { linkNames } from './link-names.ts';

export interface CloneRequest {
  readonly disk: Disk;
  readonly layout: Layout;
  /** Cache-ids to clone, each once. */
  readonly sources: readonly string[];
  /** Existing folder inside overlay2 that gets `<source>/diff` for each of them. */
  readonly target: string;
  readonly mode: CloneMode;
  /** Kills the running copy; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** Arguments of `cp` for the modes that are one `cp`. */
const CP_ARGS = {
  reflink: ['-a', '--reflink=always'],
  link: ['-al'],
  copy: ['-a', '--reflink=never'],
} as const;

/** Names that one command line is given. */
const SOURCES_PER_COMMAND = 5000;

/**
 * Clones the files. The folders `<target>/<source>` get mode, owner and label of the sources'.
 * `auto` shares blocks where the file system can; else it hard-links files of 64 KiB and more and
 * copies the rest. Throws APPLY_FAILED, NO_SPACE.
 */
export async function cloneFiles(request: CloneRequest): Promise<void> {
  const { mode } = request;
  if (mode !== 'auto') {
    await copyWhole(request, mode);
    return;
  }
  if (await canReflink(request.disk, request.target)) {
    await copyWhole(request, 'reflink');
    return;
  }
  const sizes = measureLayers(request.layout, request.sources);
  const mixed = request.sources.filter((source) => (sizes.get(source)?.largeFiles ?? 0) > 0);
  const small = request.sources.filter((source) => !mixed.includes(source));
  await copyWhole({ ...request, sources: small }, 'copy');
  for (const source of mixed) {
    await copyMixed(request, source, [...(sizes.get(source)?.largeNames.values() ?? [])]);
  }
}

/** One cp for all sources; --parents makes `<target>/<source>/diff` of `<source>/diff`. */
async function copyWhole(
  { disk, layout, sources, target, signal }: CloneRequest,
  mode: keyof typeof CP_ARGS,
): Promise<void> {
  for (let at = 0; at < sources.length; at += SOURCES_PER_COMMAND) {
    const folders = sources.slice(at, at + SOURCES_PER_COMMAND).map((source) => `${source}/diff`);
    try {
      await disk.run('cp', [...CP_ARGS[mode], '--parents', '-t', target, '--', ...folders], {
        cwd: layout.overlay,
        signal,
      });
    } catch (error) {
      throw withModeHint(error, mode);
    }
  }
}

/**
 * Large files by hard link, everything else through tar, which comes last because it sets modes,
 * owners, xattrs and times of the directories when all else is in them. What cannot be linked
 * (65,000 links on ext4, immutable files, another file system) is copied by cp, and so is what tar
 * leaves out (sockets) or tears apart (hard links between devices, whiteouts included).
 * `files` are the names of each large file.
 */
async function copyMixed(
  request: CloneRequest,
  source: string,
  files: readonly (readonly string[])[],
): Promise<void> {
  const { disk, layout, target, signal } = request;
  await disk.run('sh', ['-c', SKELETON, 'sh', source, target], {
    cwd: layout.overlay,
    signal,
    input: namesAsInput(files.flat()),
  });
  const folders = {
    from: path.join(layout.overlay, source, 'diff'),
    to: path.join(target, source, 'diff'),
  };
  const unlinked = files.filter((names) => !linkNames(disk, folders, names)).flat();
  await disk.run('sh', ['-c', COPY_REST, 'sh', source, target, String(LARGE_FILE)], {
    cwd: layout.overlay,
    signal,
    input: namesAsInput(unlinked),
  });
}

/** Makes `<target>/<source>` like the source's, and in it the folders of the listed files. */
const SKELETON = `set -e
cp -a --attributes-only --parents -t "$2" -- "$1/link"
rm -f -- "$2/$1/link"
mkdir "$2/$1/diff"
cd "$2/$1/diff"
xargs -0 -r dirname -z -- | sort -zu | xargs -0 -r mkdir -p --
`;

/** Copies listed files and sockets, then all that is not large; fails when either tar fails. */
const COPY_REST = `set -e
${COPY_LISTED}
from="$PWD/$1/diff" to="$2/$1/diff"
cd "$from"
{ cat; find . ! -type f ! -type d ! -type l -print0; } | xargs -0 -r cp -a --parents -t "$to" --
find . \\( -type f -size -"$3"c -o -type d -o -type l \\) -print0 | copy_listed "$to"
`;
