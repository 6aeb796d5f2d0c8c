/**
 * Bases, versions and those who share them, as the overlay commands call them.
 */
import { counted } from '../../domain/counted.ts';
import type {
  LayerSharers,
  SharingContainer,
  SharingImage,
  ShownBase,
} from '../../domain/overlay/report.ts';
import { idText, type Page } from '../page.ts';
import { printable } from '../printable.ts';
import { table } from '../table.ts';

/** `alpine:3.12 (version 3.12)`, `alpine:3.7 (as dockerd has it)`. */
export function shownText({ version, base }: ShownBase): string {
  const which = version === undefined ? 'as dockerd has it' : `version ${printable(version)}`;
  return `${printable(base.name)} (${which})`;
}

/** Every tag of every image, a line each; images without one are counted. */
export function imagesTable(page: Page, { images }: LayerSharers): string[] {
  const others = images.filter(({ tags }) => tags.length === 0);
  const listed = page.noTrunc ? images : images.filter(({ tags }) => tags.length > 0);
  const rows = listed.flatMap((image) =>
    namesOf(image).map((name) => [
      name,
      idText(page, image.imageId),
      image.layersAbove === 0 ? 'the base itself' : `+${image.layersAbove}`,
    ]),
  );
  const columns = [{ head: 'IMAGE' }, { head: 'IMAGE ID' }, { head: 'LAYERS ABOVE' }];
  return [
    ...(rows.length === 0 ? [] : table(page, columns, { rows, indent: 4 })),
    ...(others.length === 0 || page.noTrunc
      ? []
      : [`    and ${counted(others.length, 'image')} without a tag (--no-trunc lists them)`]),
  ];
}

/** Every container, with what becomes of it. */
export function containersTable(
  page: Page,
  { containers }: LayerSharers,
  fate: (container: SharingContainer) => string,
): string[] {
  const rows = containers.map((container) => [
    container.name || idText(page, container.id),
    container.running ? 'running' : 'stopped',
    container.image ?? idText(page, container.imageId),
    fate(container),
  ]);
  const columns = [
    { head: 'CONTAINER' },
    { head: 'STATUS' },
    { head: 'IMAGE', cut: 'middle' as const },
    { head: 'SEES IT' },
  ];
  return rows.length === 0 ? [] : table(page, columns, { rows, indent: 4 });
}

function namesOf({ name, tags }: SharingImage): readonly string[] {
  return tags.length === 0 ? [name] : tags;
}
