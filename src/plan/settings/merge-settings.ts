/**
 * The three-way merge of an image's settings: old base, image, new base.
 */
import type { SettingChange } from '../../domain/settings.ts';
import { updatedLabel, type BaseLabels } from './base-labels.ts';
import { decide, same, type Decision, type Sides } from './decide.ts';
import { divisionOf, isHandedOn, rankIn } from './fields.ts';
import { byGoOrder, goString } from './go-text.ts';
import { mergedNames, withDefaultPath } from './merge-env.ts';
import { setsField, setsItem, type Instruction } from './own-instructions.ts';
import type { Field, Items, Setting, Settings } from './read-settings.ts';

export interface MergeInput {
  readonly app: Settings;
  readonly oldBase: Settings;
  readonly newBase: Settings;
  /** What the image's own Dockerfile says. */
  readonly own: readonly Instruction[];
  /** What labels that name the base should say. */
  readonly labels: BaseLabels;
}

export interface MergedSettings {
  /** What is the image's own or new, field by field. */
  readonly changes: readonly SettingChange[];
  /** The fields whose text changes. */
  readonly texts: ReadonlyMap<string, FieldText>;
}

/** What a field becomes: no value, a value, or the list or object of these items. */
export type FieldText =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'list'; readonly elements: readonly string[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, string])[] };

interface MergedField {
  readonly changes: readonly SettingChange[];
  readonly text: FieldText | undefined;
}

/** Merges every field that bases hand on. */
export function mergeSettings(input: MergeInput): MergedSettings {
  const merged = fieldsOf(input).map((field) => [field, mergeField(field, input)] as const);
  return {
    changes: merged.flatMap(([, { changes }]) => changes),
    texts: new Map(
      merged.flatMap(([field, { text }]) => (text === undefined ? [] : [[field, text]])),
    ),
  };
}

function fieldsOf({ app, oldBase, newBase }: MergeInput): string[] {
  const fields = new Set([...app.keys(), ...oldBase.keys(), ...newBase.keys()]);
  const rank = rankIn(['AttachStdin']);
  return [...fields].filter(isHandedOn).sort((a, b) => rank(a) - rank(b) || byGoOrder(a, b));
}

function mergeField(field: string, input: MergeInput): MergedField {
  const sides = sidesOf(field, input);
  const divided = divisionOf(field) === 'whole' ? undefined : itemsOf(sides);
  if (divided === undefined) return mergeWhole(field, sides, input);
  return field === 'Env' ? mergeVariables(divided, input) : mergeKeys(field, divided, input);
}

function sidesOf(field: string, { app, oldBase, newBase }: MergeInput): FieldSides {
  return { app: app.get(field), oldBase: oldBase.get(field), newBase: newBase.get(field) };
}

interface FieldSides extends Sides {
  readonly app: Field | undefined;
  readonly oldBase: Field | undefined;
  readonly newBase: Field | undefined;
}

interface ItemSides {
  readonly app: Items;
  readonly oldBase: Items;
  readonly newBase: Items;
}

const NO_ITEMS: Items = new Map();

/** Undefined when one of the values cannot be divided: then the field is merged as a whole. */
function itemsOf({ app, oldBase, newBase }: FieldSides): ItemSides | undefined {
  const [own, old, next] = [app, oldBase, newBase].map((field) =>
    field === undefined ? NO_ITEMS : field.items,
  );
  if (own === undefined || old === undefined || next === undefined) return undefined;
  return { app: own, oldBase: old, newBase: next };
}

function mergeWhole(field: string, sides: FieldSides, input: MergeInput): MergedField {
  const decision = decide(sides, isOwnField(field, sides, input));
  if (decision === undefined) return UNCHANGED;
  const changes = [changeOf({ field, item: undefined }, sides, decision)];
  if (decision !== 'taken') return { changes, text: undefined };
  const { newBase } = sides;
  if (newBase !== undefined) return { changes, text: { kind: 'value', text: newBase.text } };
  return { changes, text: { kind: 'none' } };
}

const UNCHANGED: MergedField = { changes: [], text: undefined };

function isOwnField(field: string, sides: FieldSides, { app, oldBase, own }: MergeInput): boolean {
  if (setsField(own, field)) return true;
  switch (field) {
    // An entrypoint of the image's own has the arguments that belong to it.
    case 'Cmd':
    case 'ArgsEscaped':
      return !same(app.get('Entrypoint'), oldBase.get('Entrypoint'));
    // A build carries its base's triggers out and forgets them: only `docker commit` hands them on.
    case 'OnBuild':
      return (
        !same(sides.app, sides.oldBase) || sides.app === undefined || sides.newBase === undefined
      );
    default:
      return false;
  }
}

function mergeKeys(field: string, sides: ItemSides, input: MergeInput): MergedField {
  const names = [...namesOf(sides)].sort(byGoOrder);
  const merged = mergeItems(field, names, sides, input);
  const members = names.flatMap((name) => {
    const setting = merged.result.get(name);
    return setting === undefined ? [] : [[name, setting.text] as const];
  });
  return {
    changes: merged.changes,
    text: !merged.changed
      ? undefined
      : members.length === 0
        ? { kind: 'none' }
        : { kind: 'object', members },
  };
}

function mergeVariables(sides: ItemSides, input: MergeInput): MergedField {
  const whole = withDefaultPath(sides);
  const merged = mergeItems('Env', [...namesOf(whole)], whole, input);
  const names = mergedNames(whole, merged.result, input.own);
  const before = [...sides.app.keys()];
  const moved = names.length !== before.length || names.some((name, at) => name !== before[at]);
  if (!merged.changed && !moved) return { changes: merged.changes, text: undefined };
  const elements = names.flatMap((name) => merged.result.get(name)?.text ?? []);
  return {
    changes: merged.changes,
    text: elements.length === 0 ? { kind: 'none' } : { kind: 'list', elements },
  };
}

interface MergedItems {
  readonly changes: readonly SettingChange[];
  readonly result: Items;
  /** Whether an item comes, goes or has another value. */
  readonly changed: boolean;
}

function mergeItems(
  field: string,
  names: readonly string[],
  { app, oldBase, newBase }: ItemSides,
  { own, labels }: MergeInput,
): MergedItems {
  const changes = names.flatMap((item) => {
    const sides = { app: app.get(item), oldBase: oldBase.get(item), newBase: newBase.get(item) };
    const value = sides.app === undefined ? undefined : plainValue(field, item, sides.app);
    const isOwn = value !== undefined && setsItem(own, { field, name: item, value });
    const decision = decide(sides, isOwn);
    if (decision === undefined) return [];
    const change = changeOf({ field, item }, sides, decision);
    // A label that the old base has too tells of that base's own base.
    return field === 'Labels' && decision !== 'taken' ? [withUpdate(change, labels)] : [change];
  });
  const result = new Map(app);
  let changed = false;
  for (const { item = '', kind, after } of changes) {
    if (kind !== 'taken' && kind !== 'updated') continue;
    changed = true;
    const setting = kind === 'taken' ? newBase.get(item) : after && { text: after, meaning: after };
    if (setting) result.set(item, setting);
    else result.delete(item);
  }
  return { changes, result, changed };
}

function withUpdate(change: SettingChange, labels: BaseLabels): SettingChange {
  const { item, before } = change;
  const update =
    item === undefined || before === undefined ? undefined : updatedLabel(item, before, labels);
  return update === undefined ? change : { ...change, kind: 'updated', ...update };
}

function namesOf({ app, oldBase, newBase }: ItemSides): Set<string> {
  return new Set([...newBase.keys(), ...app.keys(), ...oldBase.keys()]);
}

function changeOf(
  { field, item }: Pick<SettingChange, 'field' | 'item'>,
  sides: Sides,
  kind: Decision,
): SettingChange {
  const text = (setting: Setting | undefined): string | undefined =>
    setting &&
    (field === 'Env' && item !== undefined
      ? goString(plainValue(field, item, setting))
      : setting.text);
  const before = text(sides.app);
  const newBase = text(sides.newBase);
  return {
    field,
    item,
    kind,
    before,
    after: kind === 'taken' ? newBase : before,
    oldBase: text(sides.oldBase),
    newBase,
  };
}

/** The value of a variable or label as a plain text. */
function plainValue(field: string, name: string, { meaning }: Setting): string {
  const value: unknown = JSON.parse(meaning);
  if (typeof value !== 'string') return meaning;
  return field === 'Env' ? value.slice(name.length + 1) : value;
}
