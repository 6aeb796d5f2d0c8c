import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { RebaseError } from '../../errors.ts';
import { CHECKS, type CheckName } from '../finding.ts';
import {
  DEFAULT_KEYS,
  ENTRY_KEYS,
  MANIFEST_KEYS,
  MANIFEST_VERSION,
  type Manifest,
  type ManifestEntry,
  type ManifestTarget,
} from './manifest.ts';
import {
  fieldsOf,
  joined,
  ManifestProblems,
  refuseReferences,
  switchOf,
  textOf,
  textsOf,
  type Fields,
} from './manifest-nodes.ts';

/** No manifest that a person or a script writes is larger; a parser must not meet more. */
const LARGEST = 16 * 1024 * 1024;

/** How many problems one error names. */
const SHOWN_PROBLEMS = 5;

type Settings = Partial<
  Pick<ManifestEntry, 'onto' | 'from' | 'tag' | 'config'> & { allow: readonly CheckName[] }
>;

/**
 * Reads a manifest, YAML 1.2 or JSON; `file` is its name for messages (`bases.yaml`, `-`).
 * Throws BAD_MANIFEST with the places of what is wrong (`bases.yaml:6:5: rebases[1].onto: ...`).
 */
export function readManifest(text: string, file: string): Manifest {
  const lines = new LineCounter();
  const problems = new ManifestProblems(file, lines);
  if (text.length > LARGEST) throw badManifest([`${file}:1:1: is larger than 16 MB`]);
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: false,
    strict: true,
    version: '1.2',
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (document === undefined) throw badManifest([`${file}:1:1: the manifest is empty`]);
  for (const { pos, message } of [...document.errors, ...document.warnings]) {
    problems.add(pos[0], message.split('\n')[0] ?? message);
  }
  if (second !== undefined) {
    problems.add(second.range[0], 'a manifest is one document');
  }
  refuseReferences(document, problems);
  if (problems.messages().length > 0) throw badManifest(problems.messages());
  const rebases = entriesOf(document.contents, problems);
  if (problems.messages().length > 0) throw badManifest(problems.messages());
  return { rebases };
}

function entriesOf(root: unknown, problems: ManifestProblems): ManifestEntry[] {
  const top = fieldsOf(root, { path: '', keys: MANIFEST_KEYS, problems });
  if (top === undefined) return [];
  checkVersion(top, problems);
  const defaults = defaultsOf(top, problems);
  const list = top.values.get('rebases');
  if (!isSeq(list) || list.items.length === 0) {
    problems.add(list ?? root, 'rebases: must be a list of at least one entry');
    return [];
  }
  return list.items.flatMap((node, index) => {
    const path = `rebases[${index}]`;
    const fields = fieldsOf(node, { path, keys: ENTRY_KEYS, problems });
    const entry = fields === undefined ? undefined : entryOf(fields, defaults, problems);
    return entry === undefined ? [] : [entry];
  });
}

function checkVersion(top: Fields, problems: ManifestProblems): void {
  const node = top.values.get('version');
  if (isScalar(node) && node.value === MANIFEST_VERSION) return;
  const found = isScalar(node) ? `${String(node.value)} is not known here` : 'is missing';
  problems.add(node, `version: ${found}; write version: ${MANIFEST_VERSION}`);
}

function defaultsOf(top: Fields, problems: ManifestProblems): Settings {
  const node = top.values.get('defaults');
  if (node === undefined) return {};
  if (isMap(node) && node.items.length === 0) return {};
  const fields = fieldsOf(node, { path: 'defaults', keys: DEFAULT_KEYS, problems });
  return fields === undefined ? {} : settingsOf(fields, problems);
}

/** An entry with the defaults filled in; undefined when it is switched off or wrong. */
function entryOf(
  fields: Fields,
  defaults: Settings,
  problems: ManifestProblems,
): ManifestEntry | undefined {
  const enabled = switchOf(fields, 'enabled', problems) ?? true;
  const own = settingsOf(fields, problems);
  const target = targetOf(fields, problems);
  const { onto, from, tag, config } = { ...defaults, ...own };
  if (onto === undefined && !fields.given.has('onto')) {
    problems.add(fields.node, `${joined(fields.path, 'onto')}: is missing, and defaults have none`);
  }
  if (!enabled || target === undefined || onto === undefined) return undefined;
  return {
    place: `${problems.placeOf(fields.node)}: ${fields.path}`,
    target,
    onto,
    from,
    tag,
    config,
    allow: [...new Set([...(defaults.allow ?? []), ...(own.allow ?? [])])],
  };
}

function settingsOf(fields: Fields, problems: ManifestProblems): Settings {
  const onto = textOf(fields, 'onto', problems);
  const from = textOf(fields, 'from', problems);
  const tag = textOf(fields, 'tag', problems);
  const config = configOf(fields, problems);
  const allow = allowOf(fields, problems);
  return {
    ...(onto === undefined ? {} : { onto }),
    ...(from === undefined ? {} : { from }),
    ...(tag === undefined ? {} : { tag }),
    ...(config === undefined ? {} : { config }),
    ...(allow === undefined ? {} : { allow }),
  };
}

function configOf(fields: Fields, problems: ManifestProblems): 'merge' | 'keep' | undefined {
  const text = textOf(fields, 'config', problems);
  if (text === undefined || text === 'merge' || text === 'keep') return text;
  problems.add(
    fields.values.get('config'),
    `${joined(fields.path, 'config')}: must be merge or keep`,
  );
  return undefined;
}

function allowOf(fields: Fields, problems: ManifestProblems): CheckName[] | undefined {
  const names = textsOf(fields, 'allow', problems);
  if (names === undefined) return undefined;
  const known = names.filter((name): name is CheckName =>
    (CHECKS as readonly string[]).includes(name),
  );
  for (const name of names.filter((each) => !(CHECKS as readonly string[]).includes(each))) {
    problems.add(
      fields.values.get('allow'),
      `${joined(fields.path, 'allow')}: there is no check ${name}; the checks are ${CHECKS.join(', ')}`,
    );
  }
  return known;
}

function targetOf(fields: Fields, problems: ManifestProblems): ManifestTarget | undefined {
  const { path, node, values } = fields;
  const hasImage = values.has('image');
  if (hasImage === values.has('match')) {
    const what = hasImage ? 'has image and match; one of them' : 'names no image: image or match';
    problems.add(node, `${path}: ${what}`);
    return undefined;
  }
  if (hasImage) {
    if (values.has('exclude')) {
      problems.add(values.get('exclude'), `${joined(path, 'exclude')}: goes with match only`);
    }
    const image = textOf(fields, 'image', problems);
    return image === undefined ? undefined : { kind: 'image', image };
  }
  const match = textsOf(fields, 'match', problems);
  const exclude = textsOf(fields, 'exclude', problems) ?? [];
  return match === undefined ? undefined : { kind: 'match', match, exclude };
}

function badManifest(messages: readonly string[]): RebaseError {
  const [first = '', ...others] = [...new Set(messages)];
  const more = others.slice(0, SHOWN_PROBLEMS - 1).join('; ');
  const rest =
    others.length >= SHOWN_PROBLEMS ? `; and ${others.length - SHOWN_PROBLEMS + 1} more` : '';
  return new RebaseError('BAD_MANIFEST', first, {
    hint: others.length === 0 ? 'README.md, "Many images", has an example' : `also ${more}${rest}`,
  });
}
