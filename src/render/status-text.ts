/**
 * Where the host stands: unfinished work, results that dockerd has not loaded, tags and containers
 * that no longer agree with a transaction.
 */
import type { StatusReport, TransactionImage, TransactionView } from '../domain/report.ts';
import { transactionTable } from './history-text.ts';
import { hostText } from './host-text.ts';
import { containerTable } from './impact-text.ts';
import { counted } from '../domain/counted.ts';
import { idText, nameList, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { table } from './table.ts';

/** A StatusReport as text. Ends with a newline. */
export function renderStatus(
  report: StatusReport,
  options: PageOptions & { readonly now: Date },
): string {
  const page = pageOf(options);
  const blocks = [
    openLines(page, report, options.now),
    pendingLines(page, report.pendingRestart),
    overwrittenLines(page, report.overwritten),
    brokenLines(page, report.broken),
    movedLines(page, report.movedAway),
    oldLines(page, report.onOldImages),
  ].filter((block) => block.length > 0);
  const found = blocks.length > 0 ? blocks : [['Nothing is pending.']];
  const texts = [hostText(page, report), ...found].map((block) => block.join('\n'));
  return `${texts.join('\n\n')}\n`;
}

function openLines(page: Page, { open, stopped }: StatusReport, now: Date): string[] {
  if (open.length === 0) return [];
  return [
    page.paint.yellow(`${counted(open.length, 'transaction')} unfinished`),
    ...transactionTable(page, open, now),
    ...stoppedLines(page, stopped),
    ...wrap(page, nextSteps(open), 0),
  ];
}

function stoppedLines(page: Page, stopped: StatusReport['stopped']): string[] {
  if (stopped === undefined) return [];
  const names = stopped.containers;
  const what = [
    ...(stopped.dockerd ? ['dockerd'] : []),
    ...(names.length === 0
      ? []
      : [
          `${names.length === 1 ? 'container' : 'containers'} ${nameList(page, names, names.length)}`,
        ]),
  ];
  return wrap(page, `Stopped by it, and started by resume or abort: ${what.join(', ')}`, 0);
}

function nextSteps(open: readonly TransactionView[]): string {
  const states = new Set(open.map(({ state }) => state));
  if (states.has('staging')) return 'Throw away what there is: rebase-image abort';
  const restart = open.some(({ switches }) => switches.length > 0)
    ? '--restart-containers'
    : '--restart';
  return states.has('staged')
    ? `Publish: rebase-image resume [${restart}]   Throw away: rebase-image abort`
    : 'Finish: rebase-image resume   Take back: rebase-image abort';
}

function pendingLines(page: Page, pending: readonly TransactionImage[]): string[] {
  if (pending.length === 0) return [];
  const what = `${counted(pending.length, 'image')} for which dockerd has to be restarted`;
  return [
    page.paint.yellow(what),
    ...imageTable(page, pending, ['LOADED', 'AFTER RESTART']),
    'Restart dockerd (systemctl restart docker), or: rebase-image resume --restart',
  ];
}

function overwrittenLines(page: Page, overwritten: readonly TransactionImage[]): string[] {
  if (overwritten.length === 0) return [];
  const what = `${counted(overwritten.length, 'tag')} that dockerd has set back to the old image`;
  return [
    page.paint.yellow(what),
    ...imageTable(page, overwritten, ['NOW', 'REBASED TO']),
    'Apply again: rebase-image resume [--restart]',
  ];
}

function brokenLines(page: Page, broken: readonly TransactionImage[]): string[] {
  if (broken.length === 0) return [];
  const what = `${counted(broken.length, 'result')} of which a layer is gone (was the new base removed?)`;
  return [
    page.paint.red(what),
    ...imageTable(page, broken, ['OLD IMAGE', 'BROKEN']),
    'Take back, before any prune takes the old image: rebase-image undo',
  ];
}

function imageTable(
  page: Page,
  images: readonly TransactionImage[],
  [before, after]: readonly [string, string],
): string[] {
  const columns = [
    { head: 'TAG', cut: 'middle' as const },
    { head: before },
    { head: after },
    { head: 'NEW BASE', cut: 'middle' as const },
  ];
  const rows = images.map((image) => [
    image.tag,
    idText(page, image.before),
    idText(page, image.after),
    image.newBase,
  ]);
  return table(page, columns, { rows });
}

function movedLines(page: Page, moved: StatusReport['movedAway']): string[] {
  if (moved.length === 0) return [];
  const rows = moved.map(({ tag, expected, now }) => [
    tag,
    idText(page, expected),
    now === undefined ? '(gone)' : idText(page, now),
  ]);
  const columns = [
    { head: 'TAG', cut: 'middle' as const },
    { head: 'REBASED TO' },
    { head: 'NOW' },
  ];
  return [
    `${counted(moved.length, 'tag')} moved since by something else`,
    ...table(page, columns, { rows }),
  ];
}

function oldLines(page: Page, old: StatusReport['onOldImages']): string[] {
  if (old.length === 0) return [];
  const tagOf = new Map(old.map(({ container, tag }) => [container.id, tag]));
  const containers = old.map(({ container }) => container);
  const are =
    old.length === 1
      ? 'is still on an old image; create it'
      : 'are still on old images; create them';
  return [
    `${counted(old.length, 'container')} ${are} anew to take the new one`,
    ...containerTable(page, containers, (_, { id }) => tagOf.get(id) ?? ''),
  ];
}
