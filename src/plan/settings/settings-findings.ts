/**
 * What a merge of settings leaves for people to judge.
 */
import { finding, type Finding } from '../../domain/finding.ts';
import { settingName, type SettingChange } from '../../domain/settings.ts';

/** How the image and its bases are called. */
export interface Names {
  readonly image: string;
  readonly oldBase: string;
  readonly newBase: string;
}

/** Longest value that a message repeats. */
const LONGEST_SHOWN = 60;
/** Shorter values are found in others by chance. */
const SHORTEST_EMBEDDED = 4;

/** Conflicts, and values of the image's own in which one of the old base's lives on. */
export function settingsFindings(changes: readonly SettingChange[], names: Names): Finding[] {
  const stale = staleFindings(changes, names);
  return [
    ...changes.filter(({ kind }) => kind === 'conflict').map((one) => conflict(one, names)),
    ...stale,
    ...changedEntrypoint(changes, names),
  ];
}

/** The old base's settings are not to be had, so that nothing can be told from the image's own. */
export function unknownSettings(names: Names, whose: string): Finding {
  return finding(
    'config',
    'note',
    `the settings of ${whose} are not known: those of ${names.image} stay`,
    {
      why: `what ${names.image} once took from its old base stays with it`,
      hint: 'docker inspect shows the settings; --from IMAGE names an old base that is here',
    },
  );
}

/** The image's own Cmd was written as arguments of the old base's Entrypoint. */
function changedEntrypoint(
  changes: readonly SettingChange[],
  { image, oldBase, newBase }: Names,
): Finding[] {
  const entrypoint = changes.find(({ field, kind }) => field === 'Entrypoint' && kind === 'taken');
  const cmd = changes.find(({ field }) => field === 'Cmd');
  if (entrypoint === undefined || entrypoint.before === entrypoint.after) return [];
  if (cmd?.after === undefined || cmd.kind === 'taken') return [];
  return [
    finding(
      'config',
      'review',
      `Cmd ${shown(cmd.after)} of ${image} is for the Entrypoint of ${oldBase}, ` +
        `${shown(entrypoint.before)}; that of ${newBase} is ${shown(entrypoint.after)}`,
      { why: 'the Entrypoint is started with Cmd as its arguments, or Cmd by itself without one' },
    ),
  ];
}

function conflict(change: SettingChange, { image, oldBase, newBase }: Names): Finding {
  return finding(
    'config',
    'review',
    `${settingName(change)}: ${shown(change.before)} in ${image}, ${shown(change.oldBase)} in ` +
      `${oldBase}, ${shown(change.newBase)} in ${newBase}; that of ${image} stays`,
    { why: 'all three differ, and no instruction in the history says whose choice it was' },
  );
}

/** `PATH` that holds the JAVA_HOME of the old base, after the new base has moved Java. */
function staleFindings(changes: readonly SettingChange[], { oldBase, newBase }: Names): Finding[] {
  const texts = changes.filter(
    ({ field, item }) => (field === 'Env' && item !== undefined) || field === 'WorkingDir',
  );
  const replaced = texts.filter((change) => change.oldBase !== change.newBase);
  return texts
    .filter(({ kind }) => kind === 'kept' || kind === 'conflict')
    .flatMap((change) =>
      replaced
        .filter((other) => embeds(textIn(change.after), textIn(other.oldBase)))
        .map((other) =>
          finding(
            'config',
            'review',
            `${settingName(change)} holds ${shown(other.oldBase)}, which is ` +
              `${settingName(other)} in ${oldBase}; in ${newBase} it is ${shown(other.newBase)}`,
            {
              why: 'a build on the new base would put its value there; a rebase keeps the old one',
              hint: `docker run -e sets a variable anew; or build the image again`,
            },
          ),
        ),
    );
}

/** Whether a value stands in another one as a word or path of its own. */
function embeds(text: string | undefined, part: string | undefined): boolean {
  if (text === undefined || part === undefined || part.length < SHORTEST_EMBEDDED) return false;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    const before = text.slice(0, at).at(-1) ?? '';
    const after = text.slice(at + part.length)[0] ?? '';
    if (!/[\p{L}\p{N}_.]/u.test(before) && !/[\p{L}\p{N}_.-]/u.test(after)) return true;
  }
  return false;
}

function textIn(json: string | undefined): string | undefined {
  const value: unknown = json === undefined ? undefined : JSON.parse(json);
  return typeof value === 'string' ? value : undefined;
}

function shown(json: string | undefined): string {
  if (json === undefined) return 'not set';
  return json.length > LONGEST_SHOWN ? `${json.slice(0, LONGEST_SHOWN)}...` : json;
}
