/**
 * Names of layers' folders as members of a tar. GNU tar does the work: no JS packer keeps xattrs,
 * links within a layer and odd names (libraries.md §2).
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { bytesOfText, type ByteString } from '../../domain/byte-string.ts';
import type { Assembly, AssemblyEntry } from '../../domain/overlay/assembly.ts';
import { RebaseError } from '../../errors.ts';
import { archiveMembers } from '../../store/overlay/archive-members.ts';
import { paddingOf } from './tar-member-bytes.ts';
import { XATTR_OPTIONS } from './xattr-options.ts';

export interface TarOptions {
  /** More arguments. */
  readonly args?: readonly string[];
  readonly onContent?: ((bytes: number) => void) | undefined;
}

/**
 * The same bytes for the same files on every host: numbers for owners, no times but the files' own,
 * nothing of where they lie.
 * Sparse files are written out, since the name that tar gives to a sparse member has its process ID.
 */
const ARCHIVE = [
  ...['--create', '--file=-', '--format=posix', '--numeric-owner', '--absolute-names'],
  ...['--no-recursion', '--null', '--files-from=-'],
  ...XATTR_OPTIONS,
  '--pax-option=exthdr.name=PaxHeaders/%f,delete=atime,delete=ctime',
  // Names are given as <folder>/./<path>; of symlinks only the name is changed.
  String.raw`--transform=s,^.*/\.\(/\|$\),diff/,S`,
];

/** Last words of tar that are worth showing. */
const LAST_WORDS = 2000;

/**
 * The members that these entries become, without the end of the archive. Throws STORE_CHANGED when
 * one is not there any more, TOOL_MISSING.
 */
export async function* tarFiles(
  { sources }: Assembly,
  entries: readonly AssemblyEntry[],
  { args = [], onContent }: TarOptions = {},
): AsyncGenerator<Buffer, void> {
  if (entries.length === 0) return;
  const tar = spawn('tar', [...ARCHIVE, ...args], {
    env: { ...process.env, LC_ALL: 'C', TAR_OPTIONS: undefined, POSIXLY_CORRECT: undefined },
    // Own process group: a Ctrl-C in the terminal is ours to answer.
    detached: true,
  });
  const failure = failureOf(tar);
  tar.stdin.on('error', () => undefined);
  tar.stdin.end(Buffer.from(entries.map((entry) => nameOf(sources, entry)).join(''), 'latin1'));
  let count = 0;
  let isWhole = false;
  try {
    for await (const { member, headers, content } of archiveMembers(tar.stdout)) {
      count += 1;
      yield headers;
      for await (const bytes of content()) {
        onContent?.(bytes.length);
        yield bytes;
      }
      yield paddingOf(member.size);
    }
    isWhole = true;
  } catch (error) {
    tar.stdout.destroy();
    // A tar that fails gives no whole archive.
    const isCut = error instanceof RebaseError && error.code === 'STORE_DAMAGED';
    throw (isCut ? await failure : undefined) ?? error;
  } finally {
    if (!isWhole) tar.kill('SIGKILL');
  }
  const failed = await failure;
  if (failed !== undefined) throw failed;
  if (count < entries.length) throw changed(`${entries.length - count} files are gone`);
}

/** Absolute, with a mark before what is inside the layer. */
function nameOf(sources: Assembly['sources'], { source, path }: AssemblyEntry): ByteString {
  const folder = bytesOfText(sources[source]?.folder ?? '');
  return path === '' ? `${folder}/.\0` : `${folder}/./${path}\0`;
}

/** Why a tar ended otherwise than well. */
async function failureOf(tar: ChildProcessWithoutNullStreams): Promise<RebaseError | undefined> {
  let said = '';
  tar.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-LAST_WORDS);
  });
  try {
    await once(tar, 'close');
  } catch (cause) {
    return new RebaseError('TOOL_MISSING', 'GNU tar could not be run', { cause });
  }
  if (tar.exitCode === 0) return undefined;
  return changed(said.trim().split('\n').slice(-2).join('; ') || 'tar was killed');
}

function changed(why: string): RebaseError {
  return new RebaseError('STORE_CHANGED', `the files of a base cannot be packed: ${why}`, {
    hint: 'layers do not change: rebase-image doctor says more',
  });
}
