/** imagedb, repositories.json and the distribution cache. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StorePaths } from './data-root.ts';
import { goJson, sortKeys } from './go-json.ts';
import { hexOf, sha256Hex } from './ids.ts';

/** Writes the config under its hash and returns the ImageID. */
export function writeImageContent(paths: StorePaths, configText: string): string {
  const hex = sha256Hex(configText);
  writeFileSync(join(paths.content, hex), configText, { mode: 0o600 });
  return `sha256:${hex}`;
}

/** Writes imagedb's optional facts about an image; no fact, no directory. */
export function writeImageMetadata(
  paths: StorePaths,
  imageId: string,
  facts: Readonly<Record<string, string | undefined>>,
): void {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  if (known.length === 0) return;
  const directory = join(paths.metadata, hexOf(imageId));
  mkdirSync(directory, { mode: 0o700, recursive: true });
  for (const [name, value] of known) {
    writeFileSync(join(directory, name), value ?? '', { mode: 0o600 });
  }
}

/** Writes repositories.json from pairs of a familiar reference and an ImageID. */
export function writeRepositories(
  paths: StorePaths,
  references: readonly (readonly [string, string])[],
): void {
  const repositories: Record<string, Record<string, string>> = {};
  for (const [reference, imageId] of references) {
    const repository = (repositories[repositoryOf(reference)] ??= {});
    if (repository[reference] !== undefined) {
      throw new Error(`test store: ${reference} names two images`);
    }
    repository[reference] = imageId;
  }
  const sorted = Object.entries(repositories).map(
    ([name, tags]) => [name, sortKeys(tags)] as const,
  );
  const text = goJson({ Repositories: sortKeys(Object.fromEntries(sorted)) });
  writeFileSync(join(paths.image, 'repositories.json'), text, { mode: 0o600 });
}

/** The repository part of `repo:tag` or `repo@sha256:...`. */
function repositoryOf(reference: string): string {
  const at = reference.indexOf('@');
  if (at > 0) return reference.slice(0, at);
  const colon = reference.lastIndexOf(':');
  if (colon <= reference.lastIndexOf('/')) {
    throw new Error(`test store: "${reference}" has no tag`);
  }
  return reference.slice(0, colon);
}

/** Writes what a pull remembers of a layer: its blob's digest, and where the blob came from. */
export function writeDistribution(paths: StorePaths, diffId: string, repository: string): void {
  const blob = sha256Hex(`blob ${diffId}`);
  const blobFile = join(paths.distribution, 'diffid-by-digest/sha256', blob);
  writeFileSync(blobFile, diffId, { mode: 0o644 });
  const source = repository.includes('/') ? repository : `library/${repository}`;
  const metadata = [
    { Digest: `sha256:${blob}`, SourceRepository: `docker.io/${source}`, HMAC: '' },
  ];
  const metadataFile = join(paths.distribution, 'v2metadata-by-diffid/sha256', hexOf(diffId));
  writeFileSync(metadataFile, goJson(metadata), { mode: 0o644 });
}
