import type { RestartView } from '../domain/report.ts';
import { nameList, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine } from './printable.ts';

/** Names that a list shows before "and N more". */
const LONGEST_LIST = 10;

export interface RestartText {
  readonly view: RestartView;
  /** The commands that will run. */
  readonly how: string;
  readonly warnings: readonly string[];
}

/** What a restart runs and what it does to containers, above the question. Ends with a newline. */
export function renderRestartQuestion(
  { view, how, warnings }: RestartText,
  options: PageOptions,
): string {
  const page = pageOf(options);
  const lines = [
    '',
    ...wrap(page, `dockerd runs, and reads the result at its next start (${oneLine(how)}).`, 0),
    ...restartGroups(page, view),
    ...warnings.flatMap((warning) => wrap(page, `warning: ${oneLine(warning)}`, 0)),
  ];
  return `${lines.join('\n')}\n`;
}

/** The containers that a restart touches, a line for each group that is not empty. */
export function restartGroups(page: Page, view: RestartView): string[] {
  const { comeBack, stayDown, deleted, startedToo } = view;
  const group = (what: string, names: readonly string[]): string[] =>
    names.length === 0 ? [] : wrap(page, `${what}: ${nameList(page, names, LONGEST_LIST)}`, 2);
  const lines = [
    ...group('come back', comeBack),
    ...group('would stay down, and are started again afterwards', stayDown),
    ...group('stopped now, and started by dockerd', startedToo),
    ...group('are DELETED (--rm; needs --allow autoremove)', deleted).map(page.paint.yellow),
  ];
  return lines.length === 0 ? ['No container is running.'] : ['Running containers', ...lines];
}
