/**
 * What a plan costs, and what it means for containers.
 */
import type { CloneCost, PlanReport } from '../domain/report.ts';
import type { ContainerRecord } from '../domain/snapshot.ts';
import { humanSize } from './human-size.ts';
import { counted } from '../domain/counted.ts';
import { firstOf, idText, wrap, type Page } from './page.ts';
import { table } from './table.ts';

const LONGEST_LIST = 10;

/** Bytes and inodes of the chosen clone mode, and of link and copy for comparison. */
export function costText(page: Page, { clone, cost }: PlanReport): string[] {
  const others = (['link', 'copy'] as const).filter((mode) => mode !== clone);
  const compared = others.map((mode) => `${mode} ${costOf(cost[mode])}`).join('; ');
  return [
    ...wrap(page, `Cost: ${costOf(cost[clone])} (--clone ${clone})`, 0),
    ...wrap(page, `instead: ${compared}`, 6),
  ];
}

/** Containers made from an old image, which keep it until they are made anew. */
export function containersText(page: Page, { containers, plan, names }: PlanReport): string[] {
  if (containers.length === 0) return ['Containers: none uses an old image'];
  const running = containers.filter((container) => container.running).length;
  const keep = containers.length === 1 ? 'keeps its old image' : 'keep their old image';
  const references = new Map<string, string>(names);
  for (const image of plan.images) {
    if (image.kind === 'rebase') references.set(image.before.imageId, image.reference);
  }
  return [
    ...wrap(page, `Containers: ${containers.length} (${running} running) ${keep}`, 0),
    ...containerTable(page, containers, (id) => references.get(id) ?? idText(page, id)),
  ];
}

/** NAME, ID, STATUS, IMAGE: the running ones first, the rest counted after the first ten. */
export function containerTable(
  page: Page,
  containers: readonly ContainerRecord[],
  imageName: (imageId: string, container: ContainerRecord) => string,
): string[] {
  const sorted = [...containers].sort((a, b) => Number(b.running) - Number(a.running));
  const { shown, more } = firstOf(page, sorted, LONGEST_LIST);
  const rows = shown.map((container) => [
    container.name.replace(/^\//, ''),
    idText(page, container.id),
    container.running ? 'running' : 'stopped',
    imageName(container.imageId, container),
  ]);
  const columns = [
    { head: 'NAME', cut: 'end' as const },
    { head: 'CONTAINER ID' },
    { head: 'STATUS' },
    { head: 'IMAGE', cut: 'middle' as const },
  ];
  return [
    ...table(page, columns, { rows, indent: 2 }),
    ...(more === 0 ? [] : [`  and ${more} more`]),
  ];
}

function costOf({ bytes, inodes }: CloneCost): string {
  return `${humanSize(bytes)}, ${counted(inodes, 'inode')}`;
}
