/** The synthetic stores that are measured, and a rebase in one of them. */
import { randomBytes } from 'node:crypto';
import {
  buildStore,
  manyImages,
  type ImageSpec,
  type LayerSpec,
} from '../../test/support/store-builder.ts';
import { run, timed, type Clock } from './measure.ts';
import type { Workplace } from './workplace.ts';

const FILES_PER_FOLDER = 100;

/** So many small files with contents of their own, in folders below `root`. */
export function manyFiles(count: number, root: string, content: string): LayerSpec['files'] {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `${root}/${Math.floor(i / FILES_PER_FOLDER)}/file-${i}`,
      `${content} ${i}\n`,
    ]),
  );
}

/** One file that takes its whole size on disk. */
export function largeFile(bytes: number): LayerSpec['files'] {
  return { 'srv/large': randomBytes(bytes) };
}

export interface AppStore {
  /** Layers of the one app, `app:1`. */
  readonly layers: readonly LayerSpec['files'][];
  /** Files of each of the two bases beside os-release. */
  readonly baseFiles?: number;
}

/** A store with `app:1` on `base:1`, and `base:2`. @returns its data-root */
export async function buildAppStore(
  workplace: Workplace,
  name: string,
  { layers, baseFiles = 0 }: AppStore,
): Promise<string> {
  const root = workplace.place(name);
  await buildStore(root, {
    images: [
      ...['1', '2'].map((release) => baseOf(release, baseFiles)),
      { name: 'app', tags: ['app:1'], from: 'base-1', layers: layers.map((files) => ({ files })) },
    ],
  });
  return root;
}

function baseOf(release: string, files: number): ImageSpec {
  return {
    name: `base-${release}`,
    tags: [`base:${release}`],
    layers: [
      {
        files: {
          ...manyFiles(files, 'usr/share', `of release ${release}:`),
          'etc/os-release': `ID=bench\nVERSION_ID=3.${release}\n`,
        },
      },
    ],
    config: { Cmd: ['/bin/sh'] },
  };
}

/** So many images on `base:0`, one layer each, and `base:1` with nothing on it. @returns its path */
export async function buildFamily(
  workplace: Workplace,
  name: string,
  images: number,
): Promise<string> {
  const root = workplace.place(name);
  const family = manyImages({ images, bases: 1 }).images;
  const newBase = manyImages({ images: 0, bases: 2 }).images.slice(1);
  await buildStore(root, { images: [...family, ...newBase] });
  return root;
}

/** The whole family onto the new base in one transaction. Taken back after. @returns the time */
export function rebaseFamily(
  workplace: Workplace,
  root: string,
  clock: Clock = timed,
): Promise<number> {
  return applied(workplace, root, ['--all', '--from', 'base:0', '--onto', 'base:1'], clock);
}

export const DRY_RUN = ['app-0:1', '--onto', 'base:1', '--dry-run'];

/** The dry run of one image of `buildManyImages`. @returns the time */
export function dryRun(workplace: Workplace, root: string): Promise<number> {
  const command = workplace.command(...DRY_RUN, '--data-root', root);
  return timed(() => run(command, { env: workplace.env }));
}

/** `app:1` onto `base:2` in a stopped store; the time of the whole process. Taken back after. */
export async function rebaseApp(
  workplace: Workplace,
  root: string,
  clock: Clock = timed,
): Promise<number> {
  return applied(workplace, root, ['app:1', '--onto', 'base:2'], clock);
}

/** Runs a command that changes the store, and undoes it. @returns the time of the former */
async function applied(
  workplace: Workplace,
  root: string,
  args: readonly string[],
  clock: Clock,
): Promise<number> {
  const on = ['--yes', '--data-root', root];
  const { env } = workplace;
  const time = await clock(() => run(workplace.command(...args, ...on), { env }));
  await run(workplace.command('undo', ...on), { env });
  return time;
}
