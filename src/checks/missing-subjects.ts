/**
 * What of an image is asked whether it still starts: what the container runs, the programs,
 * scripts and libraries of the image's own layers, and programs of the base that those libraries
 * could break. Each is asked the same on the old base and on the new one.
 */
import type { ByteString } from '../domain/byte-string.ts';
import type { IndexedLayer, LayerEntry } from '../domain/layer-index.ts';
import { lookup, nodeAt, type Found } from '../domain/merged-tree.ts';
import type { ContentFacts } from './content-facts.ts';
import type { Obstacle } from './loading/loading.ts';
import { isExecutable } from './start/running-image.ts';
import type { Starter } from './start/starter.ts';

export interface Subject {
  /** As it is shown: a path, or a command line's first word. */
  readonly name: ByteString;
  /** How bad it is when it stops working. */
  readonly severity: 'breaks' | 'review';
  readonly layer: IndexedLayer | undefined;
  readonly before: readonly Obstacle[];
  readonly after: readonly Obstacle[];
}

/** libfoo.so, libfoo.so.1.2, addon.node. */
const LIBRARY_NAME = /\.(?:so(?:\.[0-9][^/]*)?|node)$/;

/** Everything that is asked; incomplete until all files that it wants have been read. */
export function subjectsOf(facts: ContentFacts, before: Starter, after: Starter): Subject[] {
  return [
    ...commandsOf(before, after),
    ...appFilesOf(facts, before, after),
    ...baseProgramsOf(facts, before, after),
  ];
}

function commandsOf(before: Starter, after: Starter): Subject[] {
  const commands = [
    { purpose: 'start', severity: 'breaks', of: ({ image }: Starter) => image.config.command },
    {
      purpose: 'health',
      severity: 'review',
      of: ({ image }: Starter) => image.config.healthCommand,
    },
  ] as const;
  return commands.flatMap(({ purpose, severity, of }) => {
    const name = of(after)[0] ?? '';
    const old = before.obstaclesOfCommand(of(before), purpose);
    const now = after.obstaclesOfCommand(of(after), purpose);
    // Words of scripts are names of functions as well: what was nothing before is not missed.
    const possible = now.possible.filter((each) => isKnown(before, each));
    return [
      subject(name, severity, undefined, [old.certain, now.certain]),
      subject(name, 'review', undefined, [[...old.certain, ...old.possible], possible]),
    ];
  });
}

function isKnown({ image }: Starter, { name }: Obstacle): boolean {
  return image.program(name) !== undefined || image.exists(name);
}

function appFilesOf(facts: ContentFacts, before: Starter, after: Starter): Subject[] {
  const commandFolders = new Set(foldersOnPath(after));
  return facts.app.flatMap((layer) =>
    layer.index.entries.flatMap((entry): Subject[] => {
      const found = ownFile(facts, layer, entry);
      if (found === undefined) return [];
      const name = `/${entry.path}`;
      if (LIBRARY_NAME.test(entry.path)) {
        const obstacles = [before, after].map((starter) => starter.obstaclesOfLibrary(found));
        return [subject(name, 'review', layer, obstacles)];
      }
      if (!isExecutable(found)) return [];
      const format = after.format(found);
      if (format === undefined) return [];
      const severity = format === 'elf' || commandFolders.has(folderOf(entry.path));
      const obstacles = [before, after].map((starter) => starter.obstaclesOf(found));
      return [subject(name, severity ? 'breaks' : 'review', layer, obstacles)];
    }),
  );
}

/** Programs of the new base, where a library of the image lies over one of the base. */
function baseProgramsOf(facts: ContentFacts, before: Starter, after: Starter): Subject[] {
  if (!facts.app.some((layer) => layer.index.entries.some((entry) => hidesLibrary(facts, entry)))) {
    return [];
  }
  const own = new Set(facts.app.map(({ diffId }) => diffId));
  return foldersOnPath(after).flatMap((folder) => {
    const children = nodeAt(facts.after.tree, folder)?.children.values() ?? [];
    return [...children].flatMap((node): Subject[] => {
      const path = folder === '' ? node.name : `${folder}/${node.name}`;
      const found = { path, node };
      if (node.layer === undefined || own.has(node.layer.diffId)) return [];
      if (node.entry.type !== 'file' || !isExecutable(found)) return [];
      const earlier = before.image.executable(`/${path}`);
      if (earlier === undefined) return [];
      const obstacles = [before.obstaclesOf(earlier), after.obstaclesOf(found)];
      return [subject(`/${path}`, 'review', undefined, obstacles)];
    });
  });
}

function hidesLibrary({ newBase }: ContentFacts, entry: LayerEntry): boolean {
  if (entry.type !== 'file' || !LIBRARY_NAME.test(entry.path)) return false;
  const below = nodeAt(newBase.tree, entry.path)?.entry;
  return below !== undefined && (below.crc !== entry.crc || below.size !== entry.size);
}

/** The entry's file, unless a higher layer has another one or none in its place. */
function ownFile(
  { after }: ContentFacts,
  { diffId }: IndexedLayer,
  { path, type, mode }: LayerEntry,
): Found | undefined {
  // Most entries can be told apart by this alone; a path in the tree costs a walk.
  if (type !== 'file' || ((mode & 0o111) === 0 && !LIBRARY_NAME.test(path))) return undefined;
  const node = nodeAt(after.tree, path);
  if (node?.entry.type !== 'file' || node.layer?.diffId !== diffId) return undefined;
  return { path, node };
}

/** The folders of PATH, without symlinks and each once. */
function foldersOnPath({ image }: Starter): ByteString[] {
  const folders = image.config.path.flatMap((folder) => {
    const found = lookup(image.tree, folder, image.config.workingDir);
    return found === undefined ? [] : [found.path];
  });
  return [...new Set(folders)];
}

function subject(
  name: ByteString,
  severity: Subject['severity'],
  layer: IndexedLayer | undefined,
  [before = [], after = []]: readonly (readonly Obstacle[])[],
): Subject {
  return { name, severity, layer, before, after };
}

function folderOf(path: ByteString): ByteString {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}
