/**
 * Clones diff/ of layer directories with GNU cp and tar, the only tools that keep whiteouts,
 * xattrs, owners, links within a layer, sparse files and names that are no text.
 */
import path from 'node:path';
import type { ByteString } from '../domain/byte-string.ts';
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
/** The same where a pass over all of them begins with their folders: what is whole can be seen. */
const MIXED_PER_COMMAND = 100;

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
  if (canReflink(request.disk, request.target)) {
    await copyWhole(request, 'reflink');
    return;
  }
  const sizes = measureLayers(request.layout, request.sources);
  const mixed = request.sources.filter((source) => (sizes.get(source)?.largeFiles ?? 0) > 0);
  const small = request.sources.filter((source) => !mixed.includes(source));
  await copyWhole({ ...request, sources: small }, 'copy');
  const largeOf = (source: string): LargeFiles => ({
    source,
    files: [...(sizes.get(source)?.largeNames.values() ?? [])],
  });
  for (let at = 0; at < mixed.length; at += MIXED_PER_COMMAND) {
    await copyMixed(request, mixed.slice(at, at + MIXED_PER_COMMAND).map(largeOf));
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

/** The large files of a source, each with all of its names. */
interface LargeFiles {
  readonly source: string;
  readonly files: readonly (readonly ByteString[])[];
}

/**
 * Large files by hard link, everything else through tar, which comes last because it sets modes,
 * owners, xattrs and times of the directories when all else is in them. What cannot be linked
 * (65,000 links on ext4, immutable files, another file system) is copied by cp, and so is what tar
 * leaves out (sockets) or tears apart (hard links between devices, whiteouts included).
 */
async function copyMixed(request: CloneRequest, layers: readonly LargeFiles[]): Promise<void> {
  const { disk, layout, target, signal } = request;
  const links = layers.map(({ source }) => `${source}/link`);
  await disk.run('sh', ['-c', SKELETON, 'sh', target, ...links], {
    cwd: layout.overlay,
    signal,
    input: namesAsInput(layers.flatMap(({ source, files }) => namesIn(source, files))),
  });
  const unlinked = layers.flatMap(({ source, files }) => {
    const folders = {
      from: path.join(layout.overlay, source, 'diff'),
      to: path.join(target, source, 'diff'),
    };
    return namesIn(
      source,
      files.filter((names) => !linkNames(disk, folders, names)),
    );
  });
  const folders = layers.map(({ source }) => `${source}/diff`);
  await disk.run('sh', ['-c', COPY_REST, 'sh', target, String(LARGE_FILE), ...folders], {
    cwd: layout.overlay,
    signal,
    input: namesAsInput(unlinked),
  });
}

/** Names of files as paths below overlay2. */
function namesIn(source: string, files: LargeFiles['files']): ByteString[] {
  return files.flat().map((name) => `${source}/diff/${name}`);
}

/** Makes `<target>/<source>` like each source (named by its link), with the listed files' folders. */
const SKELETON = `set -e
target=$1
shift
cp -a --attributes-only --parents -t "$target" -- "$@"
cd "$target"
rm -f -- "$@"
xargs -0 -r dirname -z -- | sort -zu | xargs -0 -r mkdir -p --
`;

/** Copies listed files and sockets, then all that is not large; fails when either tar fails. */
const COPY_REST = `set -e
${COPY_LISTED}
target=$1 large=$2
shift 2
{ cat; find "$@" ! -type f ! -type d ! -type l -print0; } |
  xargs -0 -r cp -a --parents -t "$target" --
find "$@" \\( -type f -size -"$large"c -o -type d -o -type l \\) -print0 | copy_listed "$target"
`;
