/**
 * Clones diff/ of layer directories with GNU cp and tar, the only tools that keep whiteouts,
 * xattrs, owners, links within a layer, sparse files and names that are no text.
 */
import path from 'node:path';
import type { CloneMode } from '../domain/report.ts';
import { bytesOfPath } from '../store/bytes-of-path.ts';
import type { Layout } from '../store/layout.ts';
import { LARGE_FILE, type LayerSurvey } from '../store/survey-layers.ts';
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
  /** Surveys them; called only where a clone needs it. */
  readonly survey: () => ReadonlyMap<string, LayerSurvey>;
  /** Existing folder inside overlay2 that gets `<source>/diff` for each of them. */
  readonly target: string;
  readonly mode: CloneMode;
  /** Kills the running copy; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** Arguments of `cp` by mode; in `auto` it copies small files, and may let the kernel do so. */
const CP_ARGS = {
  auto: ['-a'],
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
  const surveys = request.survey();
  const mixed = Array.from(surveys, ([source, survey]) => ({ ...survey, source })).filter(
    ({ large }) => large.length > 0,
  );
  const parted = new Set(mixed.map(({ source }) => source));
  const whole = request.sources.filter((source) => !parted.has(source));
  if (whole.length > 0) await copyWhole({ ...request, sources: whole }, 'auto');
  for (let at = 0; at < mixed.length; at += MIXED_PER_COMMAND) {
    await copyMixed(request, mixed.slice(at, at + MIXED_PER_COMMAND));
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

/** A layer with large files. */
interface Mixed extends Pick<LayerSurvey, 'large' | 'special'> {
  readonly source: string;
}

/**
 * Large files by hard link, everything else through tar, which comes last because it sets modes,
 * owners, xattrs and times of the directories when all else is in them. What cannot be linked
 * (65,000 links on ext4, immutable files, another file system) is copied by cp, and so is what tar
 * leaves out (sockets) or tears apart (hard links between devices, whiteouts included).
 */
async function copyMixed(request: CloneRequest, layers: readonly Mixed[]): Promise<void> {
  const { disk, layout, target, signal } = request;
  makeParents(request, layers);
  const apart = layers.flatMap(({ source, large, special }) => {
    const folders = {
      from: path.join(layout.overlay, source, 'diff'),
      to: path.join(target, source, 'diff'),
    };
    const unlinked = large.filter((names) => !linkNames(disk, folders, names));
    return [...unlinked.flat(), ...special].map((name) => `${source}/diff/${name}`);
  });
  if (apart.length > 0) {
    await disk.run('xargs', ['-0', 'cp', '-a', '--parents', '-t', target, '--'], {
      cwd: layout.overlay,
      signal,
      input: namesAsInput(apart),
    });
  }
  const sources = layers.map(({ source }) => source);
  await disk.run('sh', ['-c', COPY_REST, 'sh', target, String(LARGE_FILE), ...sources], {
    cwd: layout.overlay,
    signal,
  });
}

/** The directories that links are made in; they get their attributes with the rest. */
function makeParents({ disk, target }: CloneRequest, layers: readonly Mixed[]): void {
  for (const { source, large } of layers) {
    const names = large.flat().map((name) => name.slice(0, Math.max(0, name.lastIndexOf('/'))));
    const diff = path.join(target, source, 'diff');
    for (const folder of new Set(names)) disk.ensureDirectory(bytesOfPath(diff, folder), 0o700);
  }
}

/**
 * Copies each source, its diff/ and no other of its folders: all but large files and what is apart.
 * Fails when either tar fails.
 */
const COPY_REST = `set -e
${COPY_LISTED}
target=$1 large=$2
shift 2
find "$@" -path '*/*' ! -path '*/diff' ! -path '*/diff/*' -prune \\
  -o \\( -type f -size -"$large"c -o -type d -o -type l \\) -print0 | copy_listed "$target"
`;
