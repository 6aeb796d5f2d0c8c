/**
 * From what has come in the way of programs to findings: one for each thing that is missing, with
 * the number of those who miss it.
 */
import { textOfBytes, type ByteString } from '../domain/byte-string.ts';
import { counted } from '../domain/counted.ts';
import { finding, type Finding } from '../domain/finding.ts';
import type { Obstacle } from './loading/loading.ts';
import type { Subject } from './missing-subjects.ts';

/** One missing thing, and who misses it. */
interface Missing {
  readonly obstacle: Obstacle;
  readonly versions: Set<ByteString>;
  readonly subjects: Subject[];
  breaks: boolean;
}

/** Obstacles that stop nothing for certain. */
function isCertain(obstacle: Obstacle): boolean {
  return obstacle.kind !== 'preload' && !(obstacle.kind === 'loader' && obstacle.how === 'other');
}

/** What worked on the old base and does not on the new one. */
export function findingsOfSubjects(
  subjects: readonly Subject[],
  base: { readonly oldName: string; readonly newName: string },
): Finding[] {
  const all = new Map<string, Missing>();
  for (const subject of subjects) {
    const known = new Set(subject.before.map(keyOf));
    // What did not start before may have run all the same, in a way that is not seen from here.
    const ran = !subject.before.some(isCertain);
    for (const obstacle of subject.after) {
      if (known.has(keyOf(obstacle))) continue;
      const missing = missingOf(all, obstacle);
      if (obstacle.kind === 'version') missing.versions.add(obstacle.version);
      if (!missing.subjects.includes(subject)) missing.subjects.push(subject);
      missing.breaks ||= ran && subject.severity === 'breaks' && isCertain(obstacle);
    }
  }
  return [...all.values()].map((missing) => findingOf(missing, base));
}

function missingOf(all: Map<string, Missing>, obstacle: Obstacle): Missing {
  const key = `${obstacle.kind} ${obstacle.name}`;
  const missing = all.get(key) ?? { obstacle, versions: new Set(), subjects: [], breaks: false };
  all.set(key, missing);
  return missing;
}

function keyOf(obstacle: Obstacle): string {
  const version = obstacle.kind === 'version' ? obstacle.version : '';
  return `${obstacle.kind} ${obstacle.name} ${version}`;
}

function findingOf(
  missing: Missing,
  base: { readonly oldName: string; readonly newName: string },
): Finding {
  const { message, why } = wordsOf(missing, base);
  const [first] = missing.subjects;
  const ofConfig = missing.obstacle.kind === 'command' || missing.obstacle.kind === 'file';
  const name = ofConfig ? missing.obstacle.name : first?.name;
  return finding('missing', missing.breaks ? 'breaks' : 'review', message, {
    why,
    ...(name?.startsWith('/') === true ? { path: name } : {}),
    layers: [...new Set(missing.subjects.flatMap(({ layer }) => layer?.diffId ?? []))],
  });
}

function wordsOf(
  { obstacle, versions, subjects }: Missing,
  { oldName, newName }: { readonly oldName: string; readonly newName: string },
): { message: string; why: string } {
  const name = textOfBytes(obstacle.name);
  const users = usersOf(subjects);
  switch (obstacle.kind) {
    case 'loader':
      return {
        absent: {
          message: `${name}, the loader of ${users}, is not there on ${newName}`,
          why: 'without it the kernel answers "no such file or directory"',
        },
        unfit: {
          message: `${name}, the loader of ${users}, is of another kind on ${newName}`,
          why: 'the kernel cannot use it for these programs',
        },
        other: {
          message: `${name}, the loader of ${users}, is none that is known on ${newName}`,
          why: 'whether it finds what these programs need is not known',
        },
      }[obstacle.how];
    case 'library':
      return {
        message:
          `${name}, needed by ${users}, is ` +
          (obstacle.how === 'absent'
            ? `not found on ${newName}`
            : `no library for it on ${newName}`),
        why: `the loader ends a program whose library is missing; on ${oldName} it is found`,
      };
    case 'version':
      return {
        message: `${name} of ${newName} lacks ${listOf(versions)}, needed by ${users}`,
        why: `the loader ends with "version not found"; the library of ${oldName} has it`,
      };
    case 'preload':
      return {
        message: `${name}, which LD_PRELOAD names, is not found on ${newName}`,
        why: 'programs start without it, and without what it does for them',
      };
    case 'interpreter':
      return {
        message: `${name}, which runs ${users}, is not there on ${newName}`,
        why: 'the kernel answers "no such file or directory" for a script without its interpreter',
      };
    case 'program':
      return {
        message: `${name}, which runs ${users}, is not on the PATH on ${newName}`,
        why: 'env ends with "no such file or directory"',
      };
    case 'command':
      return {
        start: {
          message: `${name}, which the container starts, is not there on ${newName}`,
          why: `on ${oldName} it is; without it the container ends at once`,
        },
        health: {
          message: `${name}, which the health check runs, is not there on ${newName}`,
          why: `on ${oldName} it is; without it the container counts as unhealthy`,
        },
      }[obstacle.purpose];
    case 'file':
      return {
        start: {
          message: `${name}, which the container's start names, is not there on ${newName}`,
          why: `on ${oldName} it is, and what reads it may end without it`,
        },
        health: {
          message: `${name}, which the health check names, is not there on ${newName}`,
          why: `on ${oldName} it is, and what reads it may end without it`,
        },
      }[obstacle.purpose];
    case 'format':
      return {
        message: `${name} of ${newName} is neither a program nor a script: ${users} cannot run`,
        why: 'the kernel answers "exec format error" for a file without a "#!" line',
      };
    case 'damaged':
      return {
        message: `${name} of ${newName} is a damaged program`,
        why: `the kernel or the loader cannot read it, and ${users} cannot run`,
      };
  }
}

function usersOf(subjects: readonly Subject[]): string {
  // A command of the config may be a file of the image as well.
  const [first = '', ...others] = new Set(subjects.map(({ name }) => name));
  const name = textOfBytes(first);
  return others.length === 0 ? name : `${name} and ${counted(others.length, 'other')}`;
}

function listOf(versions: ReadonlySet<ByteString>): string {
  const [first = '', ...others] = [...versions].map(textOfBytes).sort();
  return others.length === 0 ? first : `${first} and ${counted(others.length, 'more version')}`;
}
