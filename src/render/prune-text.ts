/**
 * What a prune would do and what it has done, as text.
 */
import { counted } from '../domain/counted.ts';
import type { KeptImage, OldImage, PruneOutcome, PruneReport } from '../domain/prune.ts';
import { humanSize } from './human-size.ts';
import { firstOf, idText, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine, printable } from './printable.ts';

/** Images that are listed one by one. */
const LISTED = 20;

/** Whether there is anything that a prune would do at present. */
export function prunes({ plan, blocked, leftovers }: PruneReport): boolean {
  return leftovers.length > 0 || (plan.images.length > 0 && blocked === undefined);
}

/** What goes, what stays and why, what comes free and what it costs. Ends with a newline. */
export function renderPrune(report: PruneReport, options: PageOptions): string {
  const page = pageOf(options);
  const { plan, blocked, leftovers } = report;
  const lines = [
    ...leftovers.flatMap(({ transaction, command }) =>
      wrap(page, `transaction ${transaction}, not published: ${oneLine(command)}`, 2),
    ),
    ...listed(page, plan.images, (image) => imageLine(page, image)),
    ...listed(page, plan.kept, (image) => keptLine(page, image)),
    ...(blocked === undefined
      ? []
      : wrap(page, `no image can go: ${oneLine(blocked)}`, 2).map(page.paint.yellow)),
  ];
  if (lines.length === 0) return 'Nothing to prune.\n';
  return `${['Prune', ...lines, ...summary(page, report)].join('\n')}\n`;
}

/** What was done. Ends with a newline, or is empty when nothing was. */
export function renderPruned(outcome: PruneOutcome, options: PageOptions): string {
  const page = pageOf(options);
  const lines = [
    ...outcome.discarded.map((number) => `Transaction ${number} is thrown away.`),
    ...listed(page, outcome.released, (image) => `removed ${imageLine(page, image)}`),
    ...outcome.kept.map((image) => keptLine(page, image)),
  ];
  return lines.flatMap((line) => `${wrap(page, line, 0).join('\n')}\n`).join('');
}

function imageLine(page: Page, { imageId, was, tags }: OldImage): string {
  const names = tags.length === 0 ? '' : ` and its ${tags.map(printable).join(', ')}`;
  return `${idText(page, imageId)}, once ${printable(was)}${names}`;
}

function keptLine(page: Page, { imageId, was, reasons }: KeptImage): string {
  const { shown, more } = firstOf(page, reasons, 3);
  const rest = more === 0 ? '' : ` (and ${more} more)`;
  const why = shown.map(oneLine).join('; ');
  return `stays: ${idText(page, imageId)}, once ${printable(was)}: ${why}${rest}`;
}

function listed<T>(page: Page, items: readonly T[], line: (item: T) => string): string[] {
  const { shown, more } = firstOf(page, items, LISTED);
  const rest = more === 0 ? [] : [`and ${more} more`];
  return [...shown.map(line), ...rest].flatMap((text) => wrap(page, text, 2));
}

function summary(page: Page, report: PruneReport): string[] {
  const { plan, blocked, freed } = report;
  if (!prunes(report)) return [];
  const images = plan.images.length + plan.parents.length;
  const what =
    blocked === undefined && images > 0
      ? ` of ${counted(images, 'image')} and ${counted(plan.layers.length, 'layer')}`
      : '';
  const size = `${humanSize(freed.bytes)}, ${counted(freed.inodes, 'inode')}`;
  const lost =
    plan.endsUndo.length === 0 || blocked !== undefined
      ? []
      : wrap(page, `Can no longer be undone: transaction ${plan.endsUndo.join(', ')}`, 0);
  return [...wrap(page, `Frees ${size}${what}.`, 0), ...lost.map(page.paint.yellow)];
}
