/**
 * Images for tests, made inside an engine without any network: a busybox-static root file system
 * with a test's own files is the first layer, Dockerfiles add the others.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  createReadStream,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sweepFolder, tempFolder } from './cleanup.ts';
import { type Engine, execute, quote } from './engine.ts';

/** One entry of a file tree: a string is a regular file's content. */
export type FileSpec =
  | string
  | { readonly content: string | Buffer; readonly mode?: number; readonly owner?: Owner }
  | { readonly directory: true; readonly mode?: number; readonly owner?: Owner }
  | { readonly symlink: string };

/** uid and gid. */
export type Owner = readonly [uid: number, gid: number];

/** A file tree by path; parents are made as needed, a later entry may replace an earlier one. */
export type Files = Readonly<Record<string, FileSpec>>;

export interface BaseOptions {
  /** Dockerfile instructions for the config, as `docker import --change` takes them. */
  readonly changes?: readonly string[];
  /** Does to the finished root file system what `Files` cannot say (xattrs, devices, ...). */
  readonly prepare?: (rootfs: string) => void | Promise<void>;
}

export interface BuildOptions {
  /** The build context beside the Dockerfile. */
  readonly files?: Files;
  /** True builds with BuildKit, false (the default) with the classic builder. */
  readonly buildkit?: boolean;
  /** More arguments for `docker build`. */
  readonly args?: readonly string[];
}

/** A layer as its image declares it and as `docker save` wrote it. */
export interface SavedLayer {
  readonly diffId: string;
  /** `sha256:` and the digest of the saved tar: the same as `diffId` in a sound image. */
  readonly saved: string;
  readonly size: number;
}

/**
 * Imports a one-layer image: busybox with all its applets in /bin, and `files`. The same files
 * give the same DiffID on every engine. An empty tag imports it untagged.
 * @returns the ImageID (`sha256:...`)
 */
export async function importBase(
  engine: Engine,
  tag: string,
  files: Files,
  options: BaseOptions = {},
): Promise<string> {
  const folder = tempFolder();
  const rootfs = join(folder, 'rootfs');
  mkdirSync(rootfs);
  writeFiles(rootfs, { ...(await busyboxFiles()), tmp: { directory: true, mode: 0o1777 } });
  copyFileSync(await busyboxPath(), join(rootfs, 'bin/busybox'));
  chmodSync(join(rootfs, 'bin/busybox'), 0o755);
  writeFiles(rootfs, files);
  await options.prepare?.(rootfs);
  const id = await importTree(engine, tag, rootfs, options.changes);
  sweepFolder(folder);
  return id;
}

/**
 * Imports a whole root file system as a one-layer image. The same files give the same DiffID on
 * every engine. An empty tag imports it untagged.
 * @returns the ImageID (`sha256:...`)
 */
export async function importTree(
  engine: Engine,
  tag: string,
  rootfs: string,
  instructions: readonly string[] = [],
): Promise<string> {
  const folder = tempFolder();
  const archive = join(folder, 'rootfs.tar');
  await must('tar', [
    ...['--sort=name', '--mtime=@0', '--numeric-owner', '--xattrs', '--xattrs-include=*'],
    // Left to itself, tar records access times and its own pid for files with xattrs.
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
    ...['-C', rootfs, '-cf', archive, '.'],
  ]);
  const changes = instructions.flatMap((change) => ['--change', change]);
  const id = await engine.docker('import', ...changes, archive, ...(tag === '' ? [] : [tag]));
  sweepFolder(folder);
  return id;
}

/**
 * Makes a base of several layers: the first is imported, each of the others is one COPY of the
 * classic builder.
 * @returns the ImageID
 */
export async function buildBase(
  engine: Engine,
  tag: string,
  layers: readonly Files[],
  options: BaseOptions = {},
): Promise<string> {
  const [first = {}, ...others] = layers;
  const bottom = await importBase(engine, '', first, options);
  const context: Record<string, FileSpec> = {};
  others.forEach((files, index) => {
    context[`layer${index}`] = { directory: true };
    for (const [path, spec] of Object.entries(files)) context[`layer${index}/${path}`] = spec;
  });
  // By ID, so that no other tag on the bottom layer is left for base detection to find.
  const lines = [`FROM ${bottom}`, ...others.map((_, index) => `COPY layer${index}/ /`)];
  if (others.length === 0) lines.push(`LABEL e2e.base=${quote(tag)}`);
  return buildImage(engine, tag, lines.join('\n'), { files: context });
}

/**
 * Builds an image from a Dockerfile's text, without network.
 * @returns the ImageID
 * @throws with the whole output of the build
 */
export async function buildImage(
  engine: Engine,
  tag: string,
  dockerfile: string,
  options: BuildOptions = {},
): Promise<string> {
  const context = tempFolder();
  writeFiles(context, options.files ?? {});
  // Outside the files, so that `COPY . /` copies only what the test named.
  writeFiles(context, { '.dockerignore': 'Dockerfile\n.dockerignore\n', Dockerfile: dockerfile });
  const args = ['build', '--network', 'none', '-t', tag, ...(options.args ?? []), context];
  const { status, stdout, stderr } = await execute(engine.client, args, {
    env: { ...engine.env, DOCKER_BUILDKIT: options.buildkit ? '1' : '0' },
  });
  sweepFolder(context);
  if (status !== 0) throw new Error(`docker build -t ${tag}: exit ${status}\n${stdout}${stderr}`);
  return engine.docker('image', 'inspect', '--format', '{{.Id}}', tag);
}

/** Runs a command in a new container of the image. @returns its stdout, blanks at ends cut off */
export function run(engine: Engine, image: string, ...command: string[]): Promise<string> {
  return engine.docker('run', '--rm', '--network', 'none', image, ...command);
}

/** Saves an image as `docker save` does and hashes every layer's tar, bottom up. */
export async function saveAndHash(engine: Engine, image: string): Promise<SavedLayer[]> {
  const folder = tempFolder();
  const archive = join(folder, 'image.tar');
  const tree = join(folder, 'image');
  mkdirSync(tree);
  await engine.docker('save', '-o', archive, image);
  // Unpacked rather than streamed member by member: a layer may be a symlink to another one.
  await must('tar', ['-C', tree, '-xf', archive]);

  const [manifest] = readJson<[{ Config: string; Layers: string[] }]>(join(tree, 'manifest.json'));
  const config = readJson<{ rootfs: { diff_ids: string[] } }>(join(tree, manifest.Config));
  if (config.rootfs.diff_ids.length !== manifest.Layers.length) {
    throw new Error(`docker save ${image}: not as many layers as DiffIDs`);
  }
  const layers: SavedLayer[] = [];
  for (const [index, diffId] of config.rootfs.diff_ids.entries()) {
    layers.push({ diffId, ...(await hashFile(join(tree, manifest.Layers[index] ?? ''))) });
  }
  sweepFolder(folder);
  return layers;
}

/** The image's DiffIDs, bottom up. */
export async function diffIds(engine: Engine, image: string): Promise<string[]> {
  const format = '{{json .RootFS.Layers}}';
  return JSON.parse(await engine.docker('image', 'inspect', '--format', format, image)) as string[];
}

/** Writes a file tree below a folder. */
export function writeFiles(root: string, files: Files): void {
  for (const [name, spec] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof spec === 'string') {
      writeFileSync(path, spec);
    } else if ('symlink' in spec) {
      symlinkSync(spec.symlink, path);
    } else {
      if ('directory' in spec) mkdirSync(path, { recursive: true });
      else writeFileSync(path, spec.content);
      // After chown, which clears set-user-ID.
      if (spec.owner !== undefined) chownSync(path, ...spec.owner);
      if (spec.mode !== undefined) chmodSync(path, spec.mode);
    }
  }
}

async function busyboxFiles(): Promise<Files> {
  const list = await must(await busyboxPath(), ['--list']);
  const applets = list.split('\n').filter((name) => name !== '' && name !== 'busybox');
  return Object.fromEntries(applets.map((name) => [`bin/${name}`, { symlink: 'busybox' }]));
}

async function busyboxPath(): Promise<string> {
  return (await must('sh', ['-c', 'command -v busybox'])).trim();
}

async function hashFile(path: string): Promise<{ saved: string; size: number }> {
  const hash = createHash('sha256');
  const stream = createReadStream(path);
  await pipeline(stream, hash);
  return { saved: `sha256:${hash.digest('hex')}`, size: stream.bytesRead };
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the shape
function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

async function must(file: string, args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await execute(file, args);
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: exit ${status}\n${stderr}`);
  return stdout;
}
