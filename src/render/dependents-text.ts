/**
 * What stands on a base, as a tree.
 */
import { descendantsOf, type Dependent, type DependentsReport } from '../domain/dependents.ts';
import { counted } from '../domain/counted.ts';
import { humanSize } from './human-size.ts';
import { idText, nameList, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine } from './printable.ts';
import { table } from './table.ts';

const NAMES_SHOWN = 3;

const COLUMNS = [
  { head: 'IMAGE', cut: 'end' as const },
  { head: 'IMAGE ID' },
  { head: 'LAYERS' },
  { head: 'SIZE' },
  { head: 'CONTAINERS', cut: 'end' as const },
];

/** A DependentsReport as text: the tree, a summary, the command that moves them all. */
export function renderDependents(report: DependentsReport, options: PageOptions): string {
  const page = pageOf(options);
  const { base, untaggedLeftOut } = report;
  const all = descendantsOf(base);
  const name = oneLine(base.name);
  const untagged =
    untaggedLeftOut === 0
      ? []
      : wrap(page, `${counted(untaggedLeftOut, 'image')} without a name left out: --untagged`, 0);
  if (all.length === 0) return `${[`No image here stands on ${name}.`, ...untagged].join('\n')}\n`;
  const containers = all.flatMap((image) => image.containers);
  const running = containers.filter((container) => container.running).length;
  const summary =
    `${counted(all.length, 'image')} on ${name}, ` +
    `${counted(containers.length, 'container')} of theirs (${running} running)`;
  return [
    ...table(page, COLUMNS, { rows: rowsOf(page, base) }),
    '',
    ...wrap(page, summary, 0),
    ...untagged,
    ...wrap(page, `To move them all: rebase-image --all --from ${name} --onto NEW-BASE`, 0),
    '',
  ].join('\n');
}

function rowsOf(page: Page, base: Dependent): string[][] {
  return [
    [base.name, idText(page, base.imageId), String(base.layers), sizeOf(base), usersOf(page, base)],
    ...rowsBelow(page, base, ''),
  ];
}

function rowsBelow(page: Page, parent: Dependent, margin: string): string[][] {
  const last = parent.children.length - 1;
  return parent.children.flatMap((image, index) => {
    const [branch, trunk] = index === last ? ['└─ ', '   '] : ['├─ ', '│  '];
    return [
      [
        `${margin}${branch}${nameOf(page, image)}`,
        idText(page, image.imageId),
        `+${image.ownLayers}`,
        sizeOf(image),
        usersOf(page, image),
      ],
      ...rowsBelow(page, image, margin + trunk),
    ];
  });
}

function nameOf(page: Page, { name, tags }: Dependent): string {
  const others = tags.slice(1);
  return others.length === 0 ? name : `${name} (${nameList(page, others, NAMES_SHOWN)})`;
}

function sizeOf({ ownBytes }: Dependent): string {
  return ownBytes === undefined ? '?' : humanSize(ownBytes);
}

function usersOf(page: Page, { containers }: Dependent): string {
  const running = containers.filter((container) => container.running);
  const stopped = containers.filter((container) => !container.running);
  const list = (which: string, some: typeof containers): string[] =>
    some.length === 0
      ? []
      : [
          `${which}: ${nameList(
            page,
            some.map(({ name }) => name.replace(/^\//, '')),
            NAMES_SHOWN,
          )}`,
        ];
  return [...list('running', running), ...list('stopped', stopped)].join('; ');
}
