/** A healthy store to damage, and the hands to do it with. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { examineStore, type ExamineOptions } from '../../src/api/examine-store.ts';
import { openStore } from '../../src/api/open-store.ts';
import type { DoctorReport } from '../../src/domain/doctor-report.ts';
import type { StoreCode } from '../../src/domain/store-finding.ts';
import {
  buildStore,
  sha256Hex,
  type BuiltStore,
  type StoreSpec,
} from '../support/store-builder.ts';

/**
 * base:1 (two layers), app:1 on it (two layers, stopped container `box`), twin:1 with the app's
 * lower layer, kit:1 as BuildKit builds it, conf:1 that only sets config.
 */
export const HEALTHY: StoreSpec = {
  images: [
    {
      name: 'base',
      tags: ['base:1'],
      digests: ['base'],
      layers: [
        { files: { 'etc/release': '1\n', 'dir/a': 'a' } },
        { files: { 'bin/tool': { content: 'tool', xattrs: { 'user.note': 'n' } } } },
      ],
    },
    {
      name: 'app',
      from: 'base',
      tags: ['app:1', 'app:latest'],
      parentLink: true,
      layers: [
        {
          files: {
            'opt/run': { mode: 0o4755, uid: 5, content: 'run' },
            'opt/again': { kind: 'hardlink', target: 'opt/run' },
            'opt/link': { kind: 'symlink', target: 'run' },
          },
        },
        { files: { dir: { kind: 'dir', opaque: true }, 'bin/tool': { kind: 'whiteout' } } },
      ],
    },
    {
      name: 'twin',
      from: 'base',
      tags: ['twin:1'],
      layers: [
        {
          files: {
            'opt/run': { mode: 0o4755, uid: 5, content: 'run' },
            'opt/again': { kind: 'hardlink', target: 'opt/run' },
            'opt/link': { kind: 'symlink', target: 'run' },
          },
        },
        { files: { twin: 't' } },
      ],
    },
    { name: 'kit', from: 'base', tags: ['kit:1'], buildkit: true, layers: [{ files: { k: 'k' } }] },
    { name: 'conf', from: 'base', tags: ['conf:1'], emptyHistory: ['ENV X=1'] },
  ],
  containers: [{ name: 'box', image: 'app', files: { written: 'w' } }],
};

/** The store with short names for what is damaged in it. */
export interface Patient {
  readonly store: BuiltStore;
  readonly root: string;
  /** File in a layer's layerdb entry. */
  readonly layerdb: (image: string, layer: number, file?: string) => string;
  /** File in a layer's overlay2 directory. */
  readonly overlay: (image: string, layer: number, file?: string) => string;
  /** What a layer is called in overlay2/l. */
  readonly linkOf: (image: string, layer: number) => string;
  readonly content: (image: string) => string;
  readonly metadata: (image: string, file: string) => string;
  readonly repositories: string;
  /** File in the container's folder of layerdb/mounts. */
  readonly mount: (file?: string) => string;
  readonly containerConfig: string;
  /** File in the container's overlay2 directory, or in that of its init layer. */
  readonly upper: (file?: string) => string;
  readonly init: (file?: string) => string;
}

export async function patient(root: string, spec: StoreSpec = HEALTHY): Promise<Patient> {
  const store = await buildStore(root, spec);
  const { paths } = store;
  const [container] = store.containers;
  const overlay = (image: string, layer: number, file = ''): string =>
    join(dirname(store.diffOf(image, layer)), file);
  return {
    store,
    root,
    overlay,
    layerdb: (image, layer, file = '') => join(store.layerdbOf(image, layer), file),
    linkOf: (image, layer) => linkIn(overlay(image, layer, 'link')),
    content: (image) => join(paths.content, store.image(image).imageId.slice(7)),
    metadata: (image, file) => join(paths.metadata, store.image(image).imageId.slice(7), file),
    repositories: join(paths.image, 'repositories.json'),
    mount: (file = '') => join(paths.mounts, container?.id ?? '', file),
    containerConfig: join(paths.containers, container?.id ?? '', 'config.v2.json'),
    upper: (file = '') => join(paths.overlay, container?.mountId ?? '', file),
    init: (file = '') => join(paths.overlay, container?.initId ?? '', file),
  };
}

/** What is done to the store, and the codes that are to be found, no more and no fewer. */
export type Damage = readonly [
  name: string,
  damage: (p: Patient) => unknown,
  codes: readonly StoreCode[],
];

/** A digest of nothing in the store. */
export const UNKNOWN = `sha256:${'e'.repeat(64)}`;
/** The topmost layer of an image. */
export const TOP = -1;
export const TAR_SPLIT = 'tar-split.json.gz';

// Each returns the path that it was about, so that a damage can be one expression.

export function put(file: string, text: string | Buffer): string {
  rmSync(file, { recursive: true, force: true });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

export function append(file: string, text: string): string {
  appendFileSync(file, text);
  return file;
}

export function edit(file: string, change: (text: string) => string): string {
  return put(file, change(readFileSync(file, 'utf8')));
}

/** Changes the content and nothing else, not even the inode. */
export function overwrite(file: string, text: string): string {
  writeFileSync(file, text, { flag: 'r+' });
  return file;
}

export function remove(path: string): string {
  rmSync(path, { recursive: true });
  return path;
}

export function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

export function copy(from: string, to: string): string {
  copyFileSync(from, to);
  return to;
}

export function move(from: string, to: string): string {
  renameSync(from, to);
  return to;
}

export function setMode(path: string, mode: number): string {
  chmodSync(path, mode);
  return path;
}

export function setOwner(path: string, uid: number, gid: number): string {
  chownSync(path, uid, gid);
  return path;
}

export function leadTo(link: string, target: string): string {
  rmSync(link, { recursive: true, force: true });
  symlinkSync(target, link);
  return link;
}

export function fifo(path: string): string {
  rmSync(path, { recursive: true, force: true });
  return run('mkfifo', path);
}

export function xattr(...args: readonly string[]): string {
  return run('setfattr', ...args);
}

function run(command: string, ...args: readonly string[]): string {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  return args.at(-1) ?? '';
}

/** overlay2/l/<LINK> of what this `link` file names. */
export function linkIn(linkFile: string): string {
  return join(dirname(linkFile), '../l', readFileSync(linkFile, 'utf8'));
}

export function tarSplitOf(file: string): string {
  return gunzipSync(readFileSync(file)).toString();
}

/** A hex digit that is not this one. */
export function otherDigit(digit: string): string {
  return digit === '0' ? '1' : '0';
}

/** One more line of repositories.json; it names the app. */
export function addTag(
  { repositories, store }: Patient,
  repository: string,
  key: string,
  id = store.image('app').imageId,
): string {
  return edit(repositories, (text) => {
    const tags = JSON.parse(text) as { Repositories: Record<string, Record<string, string>> };
    (tags.Repositories[repository] ??= {})[key] = id;
    return JSON.stringify(tags);
  });
}

/** Changes members of the container's config. */
export function editConfig({ containerConfig }: Patient, members: object): string {
  return edit(containerConfig, (text) =>
    JSON.stringify({ ...(JSON.parse(text) as object), ...members }),
  );
}

/** Puts an image's config under the ID that its new text has, and lets the tags follow. */
export function replaceConfig(
  { store, content, repositories }: Patient,
  image: string,
  change: (config: Record<string, unknown>) => unknown,
): string {
  const text = JSON.stringify(
    change(JSON.parse(store.image(image).configText) as Record<string, unknown>),
  );
  renameSync(content(image), join(dirname(content(image)), sha256Hex(text)));
  put(join(dirname(content(image)), sha256Hex(text)), text);
  return edit(repositories, (tags) =>
    tags.replaceAll(store.image(image).imageId, `sha256:${sha256Hex(text)}`),
  );
}

/** An examination in this process, of a store whose dockerd does not run. */
export async function examined(
  root: string,
  options: Partial<ExamineOptions> = {},
): Promise<DoctorReport> {
  const store = await openStore({ dataRoot: root, env: {}, examine: true });
  return examineStore(store, { deep: false, workers: 0, progress: () => undefined, ...options });
}

/** The codes of all findings, each once, sorted. */
export function codesOf({ findings }: DoctorReport): StoreCode[] {
  return [...new Set(findings.map(({ code }) => code))].sort();
}

/** The findings, one a line. */
export function said({ findings }: DoctorReport): string {
  return findings.map(({ code, message }) => `${code}: ${message}`).join('\n');
}
