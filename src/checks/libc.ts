import type { FileFacts, FileRequest } from '../domain/file-fact.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { appPaths, type AppPath } from './app-paths.ts';
import { loadersIn, type Libc } from './c-libraries.ts';
import type { ContentCheck, ContentFacts } from './content-facts.ts';
import { layersOf, namesOf } from './shadows.ts';

/** Programs that are asked for their loader. `missing` asks all; here one is enough to say it. */
const MOST_PROGRAMS = 200;

/**
 * The image has the loader of a C library that it has no more on the new base: glibc against musl.
 * Programs that name this loader do not start; which ones is for `missing` to say.
 */
export const libcCheck: ContentCheck = {
  name: 'libc',
  wanted: (facts, files) =>
    lostLoaders(facts).length === 0
      ? []
      : programs(facts)
          .flatMap(({ request }) => request)
          .filter((request) => files.get(request) === undefined),
  judge: (facts, files) => {
    const lost = lostLoaders(facts);
    const [first] = lost;
    if (first === undefined) return [];
    const fresh = [...new Set(loadersIn(facts.newBase.tree).map(({ libc }) => libc))];
    const change = `from ${first.libc} (/${first.loader}) to ${fresh.length === 0 ? 'no C library' : fresh.join(' and ')}`;
    const loaders = new Set(lost.map(({ loader }) => `/${loader}`));
    const tied = programs(facts)
      .filter(({ request }) => loaders.has(interpreterOf(request, files) ?? ''))
      .map(({ path }) => path);
    return [tied.length === 0 ? withoutPrograms(facts, change) : withPrograms(change, tied)];
  },
};

function withPrograms(change: string, tied: readonly AppPath[]): Finding {
  return finding(
    'libc',
    'review',
    `${change}, and the app layers hold programs for the old one: ${namesOf(tied)}`,
    {
      why: 'a program starts only with the loader of the C library that it was linked with',
      path: `/${tied[0]?.path ?? ''}`,
      layers: layersOf(tied.map(({ app }) => app)),
    },
  );
}

function withoutPrograms({ oldBase, newBase }: ContentFacts, change: string): Finding {
  return finding('libc', 'note', change, {
    why: 'none of the programs that were looked at in the app layers needs the old one',
    layers: [...oldBase.layers, ...newBase.layers].map(({ diffId }) => diffId),
  });
}

interface LostLoader {
  readonly libc: Libc;
  readonly loader: string;
}

function lostLoaders({ before, after }: ContentFacts): LostLoader[] {
  const kept = new Set(loadersIn(after.tree).map(({ loader }) => loader));
  return loadersIn(before.tree).filter(({ loader }) => !kept.has(loader));
}

interface Program {
  readonly path: AppPath;
  readonly request: FileRequest;
}

/** Executable files of the app layers, up to a number. */
function programs(facts: ContentFacts): Program[] {
  return appPaths(facts)
    .filter(({ app: { entry } }) => entry.type === 'file' && (entry.mode & 0o111) !== 0)
    .flatMap((path): Program[] => {
      const chainId = path.app.layer?.chainId;
      if (chainId === undefined) return [];
      return [{ path, request: { chainId, path: path.path, want: 'elf' } }];
    })
    .slice(0, MOST_PROGRAMS);
}

function interpreterOf(request: FileRequest, files: FileFacts): string | undefined {
  const fact = files.get(request);
  return fact?.kind === 'elf' ? fact.elf.interpreter : undefined;
}
