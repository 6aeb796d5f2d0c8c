/**
 * What a plan adds to dockerd's store.
 */
import { shortId } from '../domain/digest.ts';
import type { BoundPlan } from '../domain/bound-plan.ts';
import { counted } from '../domain/counted.ts';
import { firstOf, idText, wrap, type Page } from './page.ts';
import { table, type Column } from './table.ts';

/** Layers listed before the rest is only counted. */
const LONGEST_LIST = 12;
/** IDs in a line of text. */
const IDS_IN_LINE = 4;

const COLUMNS: readonly Column[] = [
  { head: 'CHAIN ID' },
  { head: 'PARENT' },
  { head: 'CACHE ID' },
  { head: 'LINK' },
  { head: 'SOURCE CACHE ID' },
];

/** The layerdb and overlay2 entries to add; counts only unless `listed`. */
export function storeText(page: Page, bound: BoundPlan, listed: boolean): string[] {
  const { layers, images } = bound;
  const head =
    layers.length === 0
      ? `Store: no layer to add, ${counted(images.length, 'image JSON')}`
      : `Store: ${counted(layers.length, 'layer')} to add (each in layerdb and overlay2), ` +
        counted(images.length, 'image JSON');
  return [
    ...wrap(page, head, 0),
    ...(listed && layers.length > 0 ? layerTable(page, bound) : []),
    ...reusedLines(page, bound),
    ...committedLines(page, bound),
  ];
}

function layerTable(page: Page, { layers }: BoundPlan): string[] {
  const { shown, more } = firstOf(page, layers, LONGEST_LIST);
  const rows = shown.map((layer) => [
    idText(page, layer.chainId),
    layer.parent === undefined ? '-' : idText(page, layer.parent),
    page.noTrunc ? layer.cacheId : shortId(layer.cacheId),
    page.noTrunc ? layer.link : layer.link.slice(0, 12),
    page.noTrunc ? layer.source.cacheId : shortId(layer.source.cacheId),
  ]);
  return [
    ...table(page, COLUMNS, { rows, indent: 2 }),
    ...(more === 0 ? [] : [`  and ${more} more (--no-trunc lists all)`]),
  ];
}

function reusedLines(page: Page, { reused }: BoundPlan): string[] {
  if (reused.length === 0) return [];
  const ids = idList(page, reused);
  const are = reused.length === 1 ? 'is' : 'are';
  return wrap(page, `${counted(reused.length, 'layer')} ${are} there already, reused: ${ids}`, 2);
}

function committedLines(page: Page, { committed }: BoundPlan): string[] {
  if (committed.length === 0) return [];
  const ids = idList(page, committed);
  const have = committed.length === 1 ? 'gets its' : 'get their';
  return wrap(
    page,
    `${counted(committed.length, 'layer')} of the store ${have} first child, and with it the ` +
      `file overlay2/<cache-id>/committed: ${ids}`,
    2,
  );
}

function idList(page: Page, ids: readonly string[]): string {
  const { shown, more } = firstOf(page, ids, IDS_IN_LINE);
  return shown.map((id) => idText(page, id)).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
