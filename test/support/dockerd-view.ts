/**
 * A store as a dockerd sees it that starts on it, read without any code of the program under test:
 * what it would load, and what it would stumble over. Source: store.md 1, 2, 7.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface DockerdView {
  /** What each key of repositories.json names. */
  readonly tags: ReadonlyMap<string, string>;
  /** Every image that loads: its ID, and the directories that it mounts, top first. */
  readonly images: ReadonlyMap<string, readonly string[]>;
  /** What would not load, or would mount something else than it says. */
  readonly problems: readonly string[];
}

/** Reads `<root>/image/overlay2` and `<root>/overlay2` as a starting dockerd would, and mounts. */
export function dockerdView(root: string): DockerdView {
  const problems: string[] = [];
  const image = join(root, 'image/overlay2');
  const layers = readLayers(image, problems);
  const images = new Map<string, string[]>();
  const content = join(image, 'imagedb/content/sha256');
  for (const name of readdirSync(content).filter((one) => /^[0-9a-f]{64}$/.test(one))) {
    const bytes = readFileSync(join(content, name));
    if (hash(bytes) !== name) {
      problems.push(`image ${name} is not what its name says`);
      continue;
    }
    const { rootfs } = JSON.parse(bytes.toString()) as { rootfs: { diff_ids: string[] } };
    let chain: string | undefined;
    for (const diff of rootfs.diff_ids) {
      chain = chain === undefined ? diff : `sha256:${hash(`${chain} ${diff}`)}`;
    }
    const top = chain === undefined ? undefined : layers.get(chain);
    if (top === undefined) problems.push(`image ${name} has no layer ${String(chain)}`);
    else images.set(`sha256:${name}`, stackOf(root, top, layers, problems));
  }
  const tags = readTags(join(image, 'repositories.json'));
  for (const [tag, id] of tags) if (!images.has(id)) problems.push(`${tag} names no image`);
  return { tags, images, problems };
}

interface Layer {
  readonly cacheId: string;
  readonly parent: string | undefined;
}

/** Every entry of layerdb; one that would not load blocks its chain for ever. */
function readLayers(image: string, problems: string[]): Map<string, Layer> {
  const layers = new Map<string, Layer>();
  const folder = join(image, 'layerdb/sha256');
  for (const name of readdirSync(folder)) {
    const field = (file: string): string => {
      const path = join(folder, name, file);
      return existsSync(path) ? readFileSync(path, 'latin1') : '';
    };
    const [diff, cacheId, parent] = [field('diff'), field('cache-id'), field('parent')];
    const chain = parent === '' ? diff : `sha256:${hash(`${parent} ${diff}`)}`;
    const isGood = chain === `sha256:${name}` && cacheId !== '' && /^[0-9]+$/.test(field('size'));
    if (isGood) layers.set(chain, { cacheId, parent: parent === '' ? undefined : parent });
    else problems.push(`layer ${name} does not load`);
  }
  const ids = [...layers.values()].map(({ cacheId }) => cacheId);
  if (new Set(ids).size < ids.length) problems.push('two layers have one directory');
  return layers;
}

/** A layer's own files, or a version of them that has a record beside it. */
const LINK_TARGET = /^\.\.\/([0-9a-z]+)\/(diff(?:\.[\w.-]+)?)$/;

/** The directories that overlay2 stacks for a layer, by its files `link` and `lower`. */
function stackOf(
  root: string,
  top: Layer,
  layers: ReadonlyMap<string, Layer>,
  problems: string[],
): string[] {
  const overlay = join(root, 'overlay2');
  const wanted: string[] = [];
  for (let at: Layer | undefined = top; at !== undefined;) {
    wanted.push(at.cacheId);
    if (at.parent !== undefined && !layers.has(at.parent))
      problems.push(`${at.cacheId}: no parent`);
    at = at.parent === undefined ? undefined : layers.get(at.parent);
  }
  const mounted = linksOf(overlay, top.cacheId).map((link) => {
    try {
      const [, target, folder] = LINK_TARGET.exec(readlinkSync(join(overlay, link))) ?? [];
      if (target === undefined || folder === undefined) return `${link} leads nowhere`;
      if (!lstatSync(join(overlay, target, folder)).isDirectory())
        return `${link} leads to no folder`;
      const record = folder.replace(/^diff\.(.*)$/, 'rebase-image.$1.json');
      return folder === 'diff' || existsSync(join(overlay, target, record))
        ? target
        : `${link} leads to a version that is not whole`;
    } catch {
      return `${link} is missing`;
    }
  });
  if (mounted.join() !== wanted.join()) {
    problems.push(`${top.cacheId} mounts ${mounted.join()} instead of ${wanted.join()}`);
  }
  return mounted;
}

function linksOf(overlay: string, cacheId: string): string[] {
  const file = (name: string): string => {
    const path = join(overlay, cacheId, name);
    return existsSync(path) ? readFileSync(path, 'latin1') : '';
  };
  const lower = file('lower');
  return [`l/${file('link')}`, ...(lower === '' ? [] : lower.split(':'))];
}

/** A repositories.json that does not parse keeps dockerd from starting: that throws. */
function readTags(file: string): Map<string, string> {
  const { Repositories } = JSON.parse(readFileSync(file, 'utf8')) as {
    Repositories: Record<string, Record<string, string>>;
  };
  return new Map(Object.values(Repositories).flatMap((keys) => Object.entries(keys)));
}

function hash(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
