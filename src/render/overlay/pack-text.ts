/**
 * What `overlay pack` has found and written.
 */
import { counted } from '../../domain/counted.ts';
import type { PackReport } from '../../domain/overlay/report.ts';
import { humanSize } from '../human-size.ts';
import { labelled, pageOf, wrap, type PageOptions } from '../page.ts';
import { printable } from '../printable.ts';
import { countsText, directoryTable, pathLines } from './changes-text.ts';

export interface PackOptions extends PageOptions {
  /** Every file on a line of its own, as a dry run shows them. */
  readonly everyFile: boolean;
}

/** A PackReport as text. Ends with a newline. */
export function renderPack(report: PackReport, options: PackOptions): string {
  const page = pageOf(options);
  const { carried, deleted, changes, written, file, union } = report;
  const lines = [
    ...wrap(page, `${printable(report.old.name)} -> ${printable(report.new.name)}`, 0).map(
      page.paint.bold,
    ),
    ...labelled(page, 'VERSION', printable(report.version)),
    ...labelled(page, 'FILES', countsText(changes)),
    ...(options.everyFile ? pathLines(page, changes) : directoryTable(page, changes)),
    ...labelled(
      page,
      'CARRIES',
      `${counted(carried.files, 'name')}, ${humanSize(carried.bytes)}; hides ${counted(deleted, 'name')}` +
        (union ? '; what only the old base has stays (--union)' : ''),
    ),
    ...(written === undefined
      ? labelled(page, 'BUNDLE', 'not written')
      : [
          ...labelled(page, 'BUNDLE', `${printable(file ?? '')}, ${humanSize(written.bytes)}`),
          ...labelled(page, 'SHA256', written.sha256),
        ]),
  ];
  return `${lines.join('\n')}\n`;
}
