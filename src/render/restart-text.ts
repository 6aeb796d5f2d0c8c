/**
 * What a restart of dockerd means: in the plan, and above the question.
 */
import type { RestartView } from '../domain/report.ts';
import { nameList, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine } from './printable.ts';

const LONGEST_LIST = 10;

export interface RestartText {
  readonly view: RestartView;
  /** The commands that will run. */
  readonly how: string;
  readonly warnings: readonly string[];
}

/** What stands above "Restart dockerd now?". Ends with a newline. */
export function renderRestartQuestion(
  { view, how, warnings }: RestartText,
  options: PageOptions,
): string {
  const page = pageOf(options);
  const lines = [
    '',
    ...restartText(page, view),
    ...wrap(page, `Commands: ${oneLine(how)}`, 0),
    ...warnings.flatMap((warning) => wrap(page, `warning: ${oneLine(warning)}`, 0)),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a restart of dockerd does to containers. */
export function restartText(page: Page, restart: RestartView | undefined): string[] {
  if (restart === undefined) return [];
  const { comeBack, stayDown, deleted, startedToo } = restart;
  const head = 'Restart: dockerd reads the result at its next start';
  if ([comeBack, stayDown, deleted, startedToo].every((group) => group.length === 0)) {
    return [`${head}; it touches no container`];
  }
  return [
    `${head}. Containers that`,
    ...groupLines(page, 'come back', comeBack),
    ...groupLines(page, 'would stay down (they are started again)', stayDown),
    ...groupLines(page, 'are DELETED (--rm; needs --allow autoremove)', deleted).map(
      page.paint.yellow,
    ),
    ...groupLines(page, 'do not run now and start with dockerd', startedToo),
  ];
}

function groupLines(page: Page, what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return wrap(page, `${what}: ${nameList(page, names, LONGEST_LIST)}`, 2);
}
