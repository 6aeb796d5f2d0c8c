import type { PlannedRebase } from '../domain/plan.ts';
import { cutEnd, cutMiddle, displayWidth, padTo } from './display-width.ts';
import { stackRows, type StackLayer, type StackRow } from './layer-stack.ts';
import { counted } from '../domain/counted.ts';
import { idText, type Page } from './page.ts';

const INDENT = '    ';
const GAP = '  ';
/** Rows of one kind that are shown before the middle ones are only counted. */
const LONGEST_RUN = 9;
const RUN_HEAD = 5;
const RUN_TAIL = 3;

/** The stacks side by side: what goes in red after `-`, what comes in green after `+`. */
export function layerStackText(page: Page, image: PlannedRebase): string[] {
  const rows = runsOf(stackRows(image)).flatMap((run) => shortened(page, run));
  const kept = image.before.diffIds.length - image.oldBase.layers;
  const head: Line = {
    kind: 'kept',
    before: `BEFORE (${counted(image.before.diffIds.length, 'layer')})`,
    after: `AFTER (${counted(image.after.diffIds.length, 'layer')}, ${kept} kept)`,
  };
  const widths = columnWidths(page, [head, ...rows]);
  return ['  LAYERS, top layer first', ...[head, ...rows].map((row) => lineOf(page, row, widths))];
}

/** A row as it is printed; the cells are laid out already, but for their width. */
interface Line {
  readonly kind: StackRow['kind'];
  readonly before: string;
  readonly after: string;
}

function runsOf(rows: readonly StackRow[]): StackRow[][] {
  const runs: StackRow[][] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last?.[0]?.kind === row.kind) last.push(row);
    else runs.push([row]);
  }
  return runs;
}

function shortened(page: Page, run: readonly StackRow[]): Line[] {
  const lines = run.map((row) => asLine(page, row));
  if (page.noTrunc || run.length <= LONGEST_RUN) return lines;
  const hidden = run.slice(RUN_HEAD, -RUN_TAIL);
  const count = (side: 'before' | 'after') =>
    hidden.filter((row) => row[side] !== undefined).length;
  const more = (layers: number) => (layers === 0 ? '' : `  ... ${counted(layers, 'more layer')}`);
  return [
    ...lines.slice(0, RUN_HEAD),
    {
      kind: run[0]?.kind ?? 'kept',
      before: more(count('before')),
      after: more(count('after')),
    },
    ...lines.slice(-RUN_TAIL),
  ];
}

function asLine(page: Page, { kind, before, after }: StackRow): Line {
  const replaced = kind === 'replaced';
  const cell = (mark: string, layer: StackLayer | undefined) =>
    layer === undefined ? '' : `${mark} ${idText(page, layer.diffId)}  ${layer.label}`;
  if (kind === 'kept' && after !== undefined) {
    return { kind, before: cell('=', before), after: cell('=', { ...after, label: 'kept' }) };
  }
  return {
    kind,
    before: cell(replaced ? '-' : '=', before),
    after: cell(replaced ? '+' : '=', after),
  };
}

interface Widths {
  readonly before: number;
  readonly after: number;
}

/** What the right side does not need goes to the left one, where the instructions are. */
function columnWidths(page: Page, lines: readonly Line[]): Widths {
  const needed = (side: 'before' | 'after') =>
    lines.reduce((most, line) => Math.max(most, displayWidth(line[side])), 0);
  const after = needed('after');
  const before = needed('before');
  if (page.noTrunc) return { before, after };
  const room = page.width - INDENT.length - GAP.length;
  const right = Math.min(after, Math.max(Math.floor(room / 2), room - before));
  return { before: Math.min(before, room - right), after: right };
}

function lineOf({ paint }: Page, { kind, before, after }: Line, widths: Widths): string {
  const left = padTo(cut(kind, before, widths.before), widths.before);
  const right = cut(kind, after, widths.after);
  if (kind !== 'replaced') return `${INDENT}${left}${GAP}${right}`.trimEnd();
  if (right === '') return `${INDENT}${paint.red(left.trimEnd())}`;
  return `${INDENT}${paint.red(left)}${GAP}${paint.green(right)}`;
}

/** A base's name keeps its end, the tag; an instruction its beginning. */
function cut(kind: StackRow['kind'], cell: string, width: number): string {
  if (kind === 'kept') return cutEnd(cell, width);
  const label = cell.indexOf('  ') + 2;
  return cell.slice(0, label) + cutMiddle(cell.slice(label), width - label);
}
