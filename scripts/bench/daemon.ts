/** Beside what people do today with a running dockerd, and what its restart costs. */
import { copyFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { Engine } from '../../test/e2e/support/engine.ts';
import { diffIds } from '../../test/e2e/support/images.ts';
import { alternate, run, timed, type Work } from './measure.ts';
import { APP, appEngine } from './real-image.ts';
import { saveEditLoad } from './save-edit-load.ts';
import type { Workplace } from './workplace.ts';

const SECTION = 'One image, beside what people do today';
const BY_HAND = fileURLToPath(new URL('by-hand.sh', import.meta.url));
const TIMES_FASTER = 20;
const LONGER_DOWN_MS = 200;

export async function measureDaemon(workplace: Workplace): Promise<void> {
  const { engine, megabytes } = await appEngine(workplace);
  await measureTransport(workplace, engine, `${megabytes} MB`);
  await measureDowntime(workplace, engine);
  await engine.stop();
  await measureByHand(workplace, engine);
}

/** Beside docker save, an edit of the archive, and docker load. */
async function measureTransport(workplace: Workplace, engine: Engine, size: string): Promise<void> {
  for (const restart of [false, true]) {
    const { ours, theirs, ratio } = await alternate(
      workplace.rounds,
      () => rebased(workplace, engine, restart),
      () => saveEditLoad(workplace, engine),
    );
    const times = 1 / ratio.median;
    workplace.add({
      section: SECTION,
      what: `${size}, dockerd running${restart ? ', with its restart' : ''}`,
      ours,
      against: { what: 'save, edit, load', theirs, ratio },
      target: restart
        ? undefined
        : { text: `${TIMES_FASTER} times faster`, met: times >= TIMES_FASTER },
      note: `${times.toFixed(1)} times faster`,
    });
  }
}

/** How long dockerd is away, beside its own stop and start. */
async function measureDowntime(workplace: Workplace, engine: Engine): Promise<void> {
  const stopped = workplace.place('stopped-at');
  const started = workplace.place('started-at');
  const stop = `date +%s%N >${stopped}; ${engine.stopCommand}`;
  const start = `${engine.startCommand} && date +%s%N >${started}`;
  const at = (file: string): number => Number(readFileSync(file, 'utf8')) / 1e6;
  const downtime = (work: () => Promise<unknown>): Work => {
    return async () => {
      await work();
      return at(started) - at(stopped);
    };
  };
  const { ours, theirs, ratio, difference } = await alternate(
    Math.min(workplace.rounds, 5),
    downtime(() => rebased(workplace, engine, true, { stop, start })),
    downtime(() => run(['sh', '-c', `${stop} && ${start}`])),
  );
  const longer = difference.median;
  workplace.add({
    section: SECTION,
    what: 'dockerd is down',
    ours,
    against: { what: 'its stop and start', theirs, ratio },
    target: { text: `at most +${LONGER_DOWN_MS} ms`, met: longer <= LONGER_DOWN_MS },
    note: `${longer < 0 ? '' : '+'}${longer.toFixed(0)} ms`,
  });
}

/** Beside the shell commands of the recipe, dockerd stopped for both. */
async function measureByHand(workplace: Workplace, engine: Engine): Promise<void> {
  const { ours, theirs, ratio } = await alternate(
    workplace.rounds,
    () => rebased(workplace, engine, false),
    await byHand(workplace, engine),
  );
  workplace.add({
    section: SECTION,
    what: 'dockerd stopped',
    ours,
    against: { what: 'by hand, in a shell', theirs, ratio },
    note: 'by hand, the result stays on the old base',
  });
}

async function byHand(workplace: Workplace, engine: Engine): Promise<Work> {
  await engine.start();
  const bare = (digest = ''): string => digest.replace('sha256:', '');
  const image = await engine.docker('image', 'inspect', '--format', '{{.Id}}', APP.image);
  const [[old], [fresh]] = await Promise.all([
    diffIds(engine, APP.image),
    diffIds(engine, APP.newBase),
  ]);
  await engine.stop();
  const command = ['sh', BY_HAND, engine.dataRoot, bare(image), bare(old), bare(fresh)];
  const repositories = join(engine.dataRoot, 'image/overlay2/repositories.json');
  const kept = workplace.place('repositories.json');
  return async () => {
    copyFileSync(repositories, kept);
    let made = '';
    const time = await timed(async () => {
      made = await run(command);
    });
    copyFileSync(kept, repositories);
    for (const path of made.trim().split('\n')) workplace.drop(path);
    return time;
  };
}

/** One rebase of the real image, and back. @returns the time of the former */
async function rebased(
  { command, env }: Workplace,
  engine: Engine,
  restart: boolean,
  { stop, start } = { stop: engine.stopCommand, start: engine.startCommand },
): Promise<number> {
  const on = ['--data-root', engine.dataRoot, '--host', `unix://${engine.socket}`, '--yes'];
  const how = restart
    ? ['--restart', '--stop-command', stop, '--start-command', start]
    : ['--no-restart'];
  // Without its host, a stopped daemon is looked for by its data-root alone.
  const where = engine.pid === undefined ? [...on.slice(0, 2), '--yes'] : on;
  const rebase = command(APP.image, '--onto', APP.newBase, ...how, ...where);
  const time = await timed(() => run(rebase, { env }));
  await run(command('undo', ...where), { env });
  return time;
}
