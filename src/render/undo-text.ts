import type { TransactionImage } from '../domain/report.ts';
import type { BoundPlan } from '../domain/bound-plan.ts';
import { documentHead, type JsonDocument } from './json-document.ts';
import { counted } from '../domain/counted.ts';
import { switchViewsOf, type SwitchView } from '../domain/overlay/switch-view.ts';
import { idText, pageOf, wrap, type Page, type PageOptions } from './page.ts';
import { oneLine, printable } from './printable.ts';
import { switchText } from './switch-text.ts';

/** What taking a transaction back means, before it is done. */
export interface UndoView {
  readonly transaction: number;
  readonly images: readonly TransactionImage[];
  readonly refusals: readonly string[];
  readonly removable: BoundPlan;
  readonly notes: readonly string[];
}

/** The undo as text: tags that go back, what is removed, what stands against it. */
export function renderUndo(view: UndoView, options: PageOptions): string {
  const page = pageOf(options);
  const { transaction, removable, refusals, notes } = view;
  const lines = [
    `Undo of transaction ${transaction}`,
    ...removable.tags.flatMap((tag) => tagLines(page, tag)),
    ...switchesBack(removable).flatMap((one) => wrap(page, switchText(one), 2)),
    ...wrap(page, `removes ${removedText(removable)}`, 2),
    ...notes.flatMap((note) => wrap(page, `note: ${oneLine(note)}`, 2)),
    ...refusals
      .flatMap((refusal) => wrap(page, `refused: ${oneLine(refusal)}`, 2))
      .map(page.paint.red),
  ];
  return `${lines.join('\n')}\n`;
}

function removedText({ images, layers, switches }: BoundPlan): string {
  if (switches.length === 0) {
    const [image, layer] = [counted(images.length, 'image'), counted(layers.length, 'layer')];
    return `${image} and ${layer} that nothing else uses`;
  }
  const built = switches.filter(({ builds }) => builds !== undefined).length;
  return built === 0 ? 'nothing' : `${counted(built, 'version')} of a base's files`;
}

/** The same as a JSON document. */
export function undoDocument({ transaction, removable, refusals, notes }: UndoView): JsonDocument {
  return {
    ...documentHead('undo', { transaction }),
    refusals,
    notes,
    tags: removable.tags.map(({ key, before, after }) => ({
      tag: key,
      before: after,
      after: before ?? null,
    })),
    switches: switchesBack(removable),
    removed: {
      images: removable.images.map(({ imageId }) => imageId),
      layers: removable.layers.map(({ chainId }) => chainId),
    },
  };
}

/** What the bases show, and what they show afterwards. */
function switchesBack({ switches }: BoundPlan): SwitchView[] {
  return switchViewsOf(switches).map(({ base, before, after }) => ({
    base,
    before: after,
    after: before,
  }));
}

function tagLines(page: Page, { key, before, after }: BoundPlan['tags'][number]): string[] {
  const target = before === undefined ? 'removed' : idText(page, before);
  return wrap(page, `${printable(key)}   ${idText(page, after)} -> ${target}`, 2);
}
