/**
 * Which base layers show another base than dockerd has, and who sees it.
 */
import { counted } from '../../domain/counted.ts';
import type { ModifiedLayer, OverlayStatus } from '../../domain/overlay/report.ts';
import { hostText } from '../host-text.ts';
import {
  below,
  idText,
  labelled,
  nameList,
  pageOf,
  wrap,
  type Page,
  type PageOptions,
} from '../page.ts';
import { printable } from '../printable.ts';
import { table } from '../table.ts';
import { spaceText } from './plan-text.ts';
import { containersTable, imagesTable, shownText } from './shown-text.ts';

/** Containers with an older view that are named. */
const NAMED = 10;

/** An OverlayStatus as text. Ends with a newline. */
export function renderOverlayStatus(status: OverlayStatus, options: PageOptions): string {
  const page = pageOf(options);
  const layers = status.layers.map((layer) => layerText(page, layer));
  const blocks =
    layers.length === 0
      ? [["No base is shown through another one: every layer has dockerd's own files."]]
      : [...layers, whatFollows(page)];
  return `${[hostText(page, status), ...blocks].map((block) => block.join('\n')).join('\n\n')}\n`;
}

function layerText(page: Page, layer: ModifiedLayer): string[] {
  const { base, sharers, olderViews } = layer;
  const older = new Set(olderViews);
  return [
    ...wrap(page, printable(base.name), 0).map(page.paint.bold),
    ...labelled(
      page,
      'LAYER',
      `${idText(page, layer.chainId)}, overlay2/${idText(page, layer.cacheId)}`,
    ),
    ...labelled(page, 'SHOWS', whatIsShown(layer)),
    ...versionLines(page, layer),
    ...labelled(page, 'IMAGES', counted(sharers.images.length, 'image')),
    ...imagesTable(page, sharers),
    ...labelled(page, 'CONTAINERS', String(sharers.containers.length)),
    ...containersTable(page, sharers, ({ name, id, running }) =>
      !running ? 'at its next start' : older.has(name || id) ? 'no: an older view' : 'yes',
    ),
    ...(olderViews.length === 0
      ? []
      : below(
          page,
          `stop and start, to see it: ${nameList(page, olderViews, NAMED)} (a restart is not enough)`,
        ).map(page.paint.yellow)),
    ...labelled(
      page,
      'SAVE',
      `docker save and push carry ${printable(base.name)} as dockerd has it`,
    ),
  ];
}

function whatIsShown({ shows, versions }: ModifiedLayer): string {
  if (shows === undefined) return 'unknown: its link leads elsewhere';
  const isKnown = shows.version === undefined || versions.some(({ active }) => active);
  return isKnown
    ? shownText(shows)
    : `version ${printable(shows.version)}, of which nothing is known: overlay restore`;
}

function versionLines(page: Page, { versions, unknown }: ModifiedLayer): string[] {
  const rows = versions.map(({ version, shows, union, transaction, active, frees }) => [
    version,
    shows.name + (union ? ' (--union)' : ''),
    active ? 'active' : '',
    String(transaction),
    spaceText(frees),
  ]);
  const columns = [
    { head: 'VERSION' },
    { head: 'BASE', cut: 'middle' as const },
    { head: '' },
    { head: 'TRANSACTION' },
    { head: 'TAKES' },
  ];
  return [
    ...labelled(page, 'VERSIONS', counted(versions.length, 'version')),
    ...(rows.length === 0 ? [] : table(page, columns, { rows, indent: 4 })),
    ...(unknown.length === 0
      ? []
      : below(page, `of unknown origin: ${unknown.map(printable).join(', ')}`).map(
          page.paint.yellow,
        )),
  ];
}

/** What holds of every layer that is listed. */
function whatFollows(page: Page): string[] {
  return [
    'docker rmi of the last image on a layer removes its versions with it.',
    'An upgrade of dockerd keeps what is shown; a new pull of the base does not change it.',
    'Back: rebase-image overlay restore. Make room: rebase-image overlay drop VERSION.',
  ].flatMap((line) => wrap(page, line, 0));
}
