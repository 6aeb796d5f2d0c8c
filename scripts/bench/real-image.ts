/** A real image of a private dockerd: two bases, and an app of several large layers. */
import { randomBytes } from 'node:crypto';
import type { Engine } from '../../test/e2e/support/engine.ts';
import { buildImage, importBase } from '../../test/e2e/support/images.ts';
import type { Workplace } from './workplace.ts';

export const APP = { image: 'app:1', oldBase: 'base:1', newBase: 'base:2', layers: 4 } as const;

const BYTES = { quick: 20e6, normal: 200e6, full: 200e6 } as const;

const built = new WeakMap<Workplace, Promise<{ engine: Engine; megabytes: number }>>();

/** The dockerd of this run, running, with the image in it; built when it is first asked for. */
export async function appEngine(
  workplace: Workplace,
): Promise<{ engine: Engine; megabytes: number }> {
  const known = built.get(workplace) ?? build(workplace);
  built.set(workplace, known);
  const { engine, megabytes } = await known;
  await engine.start();
  return { engine, megabytes };
}

async function build(workplace: Workplace): Promise<{ engine: Engine; megabytes: number }> {
  const engine = await workplace.engine();
  for (const base of [APP.oldBase, APP.newBase]) {
    await importBase(engine, base, { 'etc/os-release': `ID=bench\nVERSION_ID="${base}"\n` });
  }
  const bytes = BYTES[workplace.size];
  const layers = Array.from({ length: APP.layers }, (_, i) => `layer-${i}`);
  const dockerfile = [`FROM ${APP.oldBase}`, ...layers.map((name) => `COPY ${name} /srv/`)];
  await buildImage(engine, APP.image, dockerfile.join('\n'), {
    files: Object.fromEntries(
      layers.map((name) => [name, { content: randomBytes(bytes / APP.layers) }]),
    ),
  });
  return { engine, megabytes: bytes / 1e6 };
}
