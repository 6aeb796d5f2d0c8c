/** The way around a missing rebase that moves all bytes: docker save, an edit, docker load. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../test/e2e/support/engine.ts';
import { run, timed } from './measure.ts';
import { APP } from './real-image.ts';
import type { Workplace } from './workplace.ts';

const RESULT = 'loaded:1';

interface Manifest {
  readonly Config: string;
  readonly Layers: readonly string[];
}

interface Config {
  rootfs: { diff_ids: string[] };
}

/** Makes the rebased image under a tag of its own, and removes it. @returns the time of the former */
export async function saveEditLoad(workplace: Workplace, engine: Engine): Promise<number> {
  const folder = workplace.place('saved');
  const time = await timed(async () => {
    const app = await save(engine, APP.image, join(folder, 'app'));
    const base = await save(engine, APP.newBase, join(folder, 'base'));
    const config = readJson<Config>(app.config);
    const { diff_ids } = readJson<Config>(base.config).rootfs;
    config.rootfs.diff_ids.splice(0, 1, ...diff_ids);
    await load(engine, join(folder, 'new'), JSON.stringify(config), [
      ...base.layers,
      ...app.layers.slice(1),
    ]);
  });
  workplace.drop(folder);
  await engine.docker('image', 'rm', RESULT);
  return time;
}

async function save(
  engine: Engine,
  image: string,
  folder: string,
): Promise<{ config: string; layers: string[] }> {
  mkdirSync(folder, { recursive: true });
  const archive = `${folder}.tar`;
  await engine.docker('save', '-o', archive, image);
  await run(['tar', '-C', folder, '-xf', archive]);
  const [manifest] = readJson<[Manifest]>(join(folder, 'manifest.json'));
  return {
    config: join(folder, manifest.Config),
    layers: manifest.Layers.map((layer) => join(folder, layer)),
  };
}

async function load(
  engine: Engine,
  folder: string,
  config: string,
  layers: readonly string[],
): Promise<void> {
  mkdirSync(folder);
  const name = `${createHash('sha256').update(config).digest('hex')}.json`;
  writeFileSync(join(folder, name), config);
  const names = layers.map((_layer, index) => `${index}.tar`);
  // Moved: nobody needs the copy that they were saved as.
  for (const [index, layer] of layers.entries()) {
    await run(['mv', layer, join(folder, names[index] ?? '')]);
  }
  const manifest = [{ Config: name, RepoTags: [RESULT], Layers: names }];
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  await run(['tar', '-C', folder, '-cf', `${folder}.tar`, 'manifest.json', name, ...names]);
  await engine.docker('load', '-i', `${folder}.tar`);
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- names the shape
function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
