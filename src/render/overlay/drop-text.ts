import type { DropReport } from '../../domain/overlay/report.ts';
import { pageOf, wrap, type PageOptions } from '../page.ts';
import { printable } from '../printable.ts';
import { spaceText } from './plan-text.ts';

/** What a drop would remove. Ends with a newline. */
export function renderDrop(report: DropReport, options: PageOptions): string {
  const page = pageOf(options);
  const { base, version, shows, frees, endsUndo } = report;
  const what = shows === undefined ? 'of unknown origin' : `which shows ${printable(shows.name)}`;
  const lines = [
    ...wrap(page, `Version ${printable(version)} of ${printable(base.name)}, ${what}`, 0),
    ...wrap(page, `frees ${spaceText(frees)}`, 2),
    ...(endsUndo.length === 0
      ? []
      : wrap(page, `Can no longer be undone: transaction ${endsUndo.join(', ')}`, 0).map(
          page.paint.yellow,
        )),
  ];
  return `${lines.join('\n')}\n`;
}

/** That it is gone. Ends with a newline. */
export function renderDropped({ base, version }: DropReport, options: PageOptions): string {
  const page = pageOf(options);
  const line = `Version ${printable(version)} of ${printable(base.name)} is removed.`;
  return `${wrap(page, line, 0).map(page.paint.green).join('\n')}\n`;
}
