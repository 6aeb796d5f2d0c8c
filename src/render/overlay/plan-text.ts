/**
 * What it means to show another base through a layer: `overlay apply`, `overlay restore` and
 * `--strategy overlay`, before they are done.
 */
import type { CloneCost } from '../../domain/report.ts';
import type {
  OverlayReport,
  RunningContainers,
  SharingContainer,
  SwitchReport,
} from '../../domain/overlay/report.ts';
import { counted } from '../../domain/counted.ts';
import { findingLines } from '../findings-text.ts';
import { hostText } from '../host-text.ts';
import { humanSize } from '../human-size.ts';
import {
  below,
  firstOf,
  idText,
  labelled,
  pageOf,
  wrap,
  type Page,
  type PageOptions,
} from '../page.ts';
import { oneLine, printable } from '../printable.ts';
import { countsText, directoryTable, pathLines } from './changes-text.ts';
import { containersTable, imagesTable, shownText } from './shown-text.ts';

/** Images of which the hidden files are told. */
const HIDDEN_SHOWN = 6;

export interface OverlayPlanOptions extends PageOptions {
  /** Every file on a line of its own, as a dry run shows them. */
  readonly everyFile: boolean;
}

/** An OverlayReport as text. Ends with a newline. */
export function renderOverlayPlan(report: OverlayReport, options: OverlayPlanOptions): string {
  const page = pageOf(options);
  const { switches, unchanged, warnings } = report;
  const blocks = [
    hostText(page, report),
    ...switches.map((one) => switchText(page, one, report, options.everyFile)),
    ...unchanged.map(({ base, reason }) =>
      wrap(page, `${printable(base)}: ${oneLine(reason)}; nothing to do`, 0),
    ),
    ...(switches.length === 0 ? [] : [costLines(page, report)]),
    warnings.flatMap((warning) => wrap(page, `note: ${oneLine(warning)}`, 0)),
  ].filter((block) => block.length > 0);
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

function switchText(
  page: Page,
  one: SwitchReport,
  report: OverlayReport,
  everyFile: boolean,
): string[] {
  const { base, bound, from, to, union, changes } = one;
  return [
    ...wrap(page, printable(base.name), 0).map(page.paint.bold),
    ...labelled(
      page,
      'LAYER',
      `${idText(page, bound.chainId)}, overlay2/${idText(page, bound.cacheId)}`,
    ),
    ...labelled(page, 'SHOWS', `${shownText(from)} -> ${shownText(to)}`),
    ...(union ? below(page, 'files that only the old base has stay (--union)') : []),
    ...labelled(page, 'FILES', countsText(changes)),
    ...(everyFile ? pathLines(page, changes) : directoryTable(page, changes)),
    ...hiddenLines(page, one),
    ...checkedLines(page, one, report),
    ...imageLines(page, one),
    ...containerLines(page, one, report.running),
    ...carriedLines(page, one),
  ];
}

/** App layers win where they hold a file themselves. */
function hiddenLines(page: Page, { hidden }: SwitchReport): string[] {
  const { shown, more } = firstOf(
    page,
    hidden.filter(({ count }) => count > 0),
    HIDDEN_SHOWN,
  );
  const lines = shown.map(
    ({ image, count }) =>
      `${count} of them ${count === 1 ? 'is' : 'are'} not seen in ${printable(image)}: ` +
      'its own layers have the file or hide it',
  );
  const rest = more === 0 ? [] : [`and so in ${counted(more, 'more image')}`];
  return [...lines, ...rest].flatMap((line) => below(page, line));
}

function checkedLines(
  page: Page,
  { checked }: SwitchReport,
  { allowed, bundle }: OverlayReport,
): string[] {
  if (checked === undefined) {
    if (bundle === undefined) return [];
    return labelled(page, 'CHECKS', 'left out for a bundle: they need the new base as an image');
  }
  const found = checked.filter(({ findings }) => findings.length > 0);
  if (found.length === 0) return labelled(page, 'CHECKS', 'nothing found');
  return [
    ...labelled(page, 'CHECKS', `findings for ${counted(found.length, 'image')}`),
    ...found.flatMap(({ image, findings }) => [
      ...below(page, printable(image)),
      ...findingLines(page, findings, allowed),
    ]),
  ];
}

function imageLines(page: Page, { sharers }: SwitchReport): string[] {
  const { images } = sharers;
  const what = `${counted(images.length, 'image')} on this layer, and what is built on them from then on`;
  return [...labelled(page, 'IMAGES', what), ...imagesTable(page, sharers)];
}

function containerLines(
  page: Page,
  { sharers }: SwitchReport,
  running: RunningContainers,
): string[] {
  const { containers } = sharers;
  if (containers.length === 0) return labelled(page, 'CONTAINERS', 'none');
  const alive = containers.filter((container) => container.running).length;
  return [
    ...labelled(page, 'CONTAINERS', `${containers.length} (${alive} running)`),
    ...containersTable(page, sharers, (container) => fateOf(container, running)),
    ...(alive > 0 && running !== 'restart'
      ? below(page, 'docker restart is not enough for those that run: stop and start them')
      : []),
  ];
}

const RUNNING_FATE: Readonly<Record<RunningContainers, string>> = {
  refuse: 'refused while it runs',
  restart: 'at once: it is stopped and started',
  leave: 'after docker stop and start',
};

function fateOf(container: SharingContainer, running: RunningContainers): string {
  return container.running ? RUNNING_FATE[running] : 'at its next start';
}

function carriedLines(page: Page, { base, to }: SwitchReport): string[] {
  if (to.version === undefined) return [];
  return [
    ...labelled(page, 'SAVE', `docker save and push go on to carry ${printable(base.name)} itself`),
  ];
}

function costLines(page: Page, { clone, cost, free, switches }: OverlayReport): string[] {
  if (switches.every(({ bound }) => bound.builds === undefined)) {
    return ['Cost: one link; nothing is copied'];
  }
  const others = (['link', 'copy'] as const).filter((mode) => mode !== clone);
  const compared = others.map((mode) => `${mode} ${spaceText(cost[mode])}`).join('; ');
  return [
    ...wrap(page, `Cost: ${spaceText(cost[clone])} (--clone ${clone})`, 0),
    ...wrap(page, `instead: ${compared}`, 6),
    ...wrap(page, `Free: ${spaceText(free)}`, 0),
  ];
}

/** `160 kB, 48 inodes`. */
export function spaceText({ bytes, inodes }: CloneCost): string {
  return Number.isFinite(inodes)
    ? `${humanSize(bytes)}, ${counted(inodes, 'inode')}`
    : humanSize(bytes);
}
