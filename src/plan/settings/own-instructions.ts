/**
 * What the Dockerfile of an image has set by itself, as the image's own history tells it: such a
 * setting is the application's choice, even where its value is the one that the old base has too.
 *
 * The classic builder writes `/bin/sh -c #(nop)  ENV A=b`, BuildKit `ENV A=b` with a comment.
 */
import type { HistoryEntry } from '../../domain/image-config.ts';

export interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

/** `#(nop)` stands behind the shell of the image, which SHELL may have changed. */
const CLASSIC = /^[^#]*#\(nop\)\s+([A-Z]+)\s+(.*)$/s;
const BARE = /^([A-Z]+)\s+(.*)$/s;
const BUILDKIT = 'buildkit.dockerfile.v0';

/** Fields that an instruction sets as a whole. */
const SETS: Readonly<Record<string, readonly string[]>> = {
  Entrypoint: ['ENTRYPOINT'],
  // ENTRYPOINT takes an inherited CMD away (docs: "CMD will be reset").
  Cmd: ['CMD', 'ENTRYPOINT'],
  ArgsEscaped: ['CMD', 'ENTRYPOINT'],
  User: ['USER'],
  WorkingDir: ['WORKDIR'],
  StopSignal: ['STOPSIGNAL'],
  Healthcheck: ['HEALTHCHECK'],
  Shell: ['SHELL'],
  OnBuild: ['ONBUILD'],
};

/** The instructions among history entries, in their order. */
export function instructionsIn(entries: readonly HistoryEntry[]): Instruction[] {
  return entries.flatMap(({ createdBy, comment, emptyLayer }) => {
    // A shell command may begin like an instruction; only a builder's own entry is one.
    const told = comment === BUILDKIT || emptyLayer;
    const [, keyword, text] = CLASSIC.exec(createdBy) ?? (told ? BARE.exec(createdBy) : null) ?? [];
    return keyword === undefined || text === undefined ? [] : [{ keyword, text }];
  });
}

/** Whether one of the instructions sets the field as a whole. */
export function setsField(instructions: readonly Instruction[], field: string): boolean {
  const keywords = Object.hasOwn(SETS, field) ? (SETS[field] ?? []) : [];
  return instructions.some(({ keyword }) => keywords.includes(keyword));
}

/** Whether one of the instructions has given this item its value. */
export function setsItem(
  instructions: readonly Instruction[],
  item: { readonly field: string; readonly name: string; readonly value: string },
): boolean {
  return instructions.some((instruction) => gives(instruction, item));
}

/** The names in the order in which the instructions mention them first; what none mentions stays. */
export function inInstructionOrder(
  instructions: readonly Instruction[],
  names: readonly string[],
): string[] {
  const first = new Map<string, number>();
  for (const name of names) {
    const at = instructions.findIndex(
      ({ keyword, text }) => keyword === 'ENV' && holds(text, `${name}=`),
    );
    // Those of one instruction come in the order of its text.
    if (at >= 0) first.set(name, at + positionIn(instructions[at]?.text ?? '', name));
  }
  const mentioned = names
    .filter((name) => first.has(name))
    .sort((a, b) => (first.get(a) ?? 0) - (first.get(b) ?? 0));
  return names.map((name) => (first.has(name) ? (mentioned.shift() ?? name) : name));
}

function positionIn(text: string, name: string): number {
  const at = ` ${text}`.indexOf(` ${name}=`);
  return at / (text.length + 1);
}

function gives(
  { keyword, text }: Instruction,
  { field, name, value }: { readonly field: string; readonly name: string; readonly value: string },
): boolean {
  switch (field) {
    case 'Env':
      return keyword === 'ENV' && holdsWhole(text, `${name}=${value}`);
    case 'Labels':
      return keyword === 'LABEL' && holdsWhole(text, `${name}=${value}`);
    case 'ExposedPorts':
      return keyword === 'EXPOSE' && portsIn(text).some((port) => opens(port, name));
    case 'Volumes':
      return keyword === 'VOLUME' && holdsWhole(text.replace(/^\[|\]$/g, ''), name);
    default:
      return false;
  }
}

/** History writes values as they are, spaces included: a value is known by what it begins and ends at. */
function holdsWhole(text: string, words: string): boolean {
  return ` ${text} `.includes(` ${words} `);
}

function holds(text: string, words: string): boolean {
  return ` ${text}`.includes(` ${words}`);
}

/** `80 81/udp`, which BuildKit writes as `map[80/tcp:{} 81/udp:{}]`. */
function portsIn(text: string): string[] {
  return text
    .replace(/^map\[|\]$/g, '')
    .split(/\s+/)
    .map((port) => port.replace(/:\{\}$/, ''));
}

/** Whether `8000-8010` or `53/udp`, as written after EXPOSE, opens the port `8001/tcp` or `53/udp`. */
function opens(written: string, port: string): boolean {
  const [range = '', protocol = 'tcp'] = written.toLowerCase().split('/');
  const [number = '', wanted = ''] = port.split('/');
  const [low, high = low] = range.split('-').map(Number);
  const value = Number(number);
  return (
    protocol === wanted && low !== undefined && high !== undefined && low <= value && value <= high
  );
}
