/**
 * What keeps the files of an image from being executed: programs by their loader, scripts by their
 * interpreter. Source: execve(2).
 */
import type { ByteString } from '../../domain/byte-string.ts';
import type { Found } from '../../domain/merged-tree.ts';
import { Loaders } from '../loading/loaders.ts';
import type { Obstacle, Purpose } from '../loading/loading.ts';
import type { RunningImage } from './running-image.ts';
import { isEnv, programOfEnv, scriptLineOf } from './script-line.ts';
import { neededBy, type Needed } from './started-programs.ts';

/** What a file is to the kernel; undefined: neither, or not read yet. */
export type Format = 'elf' | 'script' | undefined;

/** As the kernel: a script's interpreter may be a script, five deep. */
const MOST_SCRIPTS = 5;

export class Starter {
  readonly image: RunningImage;
  readonly #loaders: Loaders;
  readonly #known = new Map<ByteString, readonly Obstacle[]>();

  constructor(image: RunningImage) {
    this.image = image;
    this.#loaders = new Loaders(image);
  }

  format(found: Found): Format {
    const head = this.image.head(found);
    if (head?.startsWith('\x7fELF') === true) return 'elf';
    return head?.startsWith('#!') === true ? 'script' : undefined;
  }

  /** What the kernel or the loader stops at when this file is executed; [] when it runs. */
  obstaclesOf(found: Found, depth = 0): readonly Obstacle[] {
    let obstacles = this.#known.get(found.path);
    if (obstacles === undefined) {
      obstacles = this.#obstaclesOf(found, depth);
      this.#known.set(found.path, obstacles);
    }
    return obstacles;
  }

  /** What keeps a library from being loaded into a program of this image. */
  obstaclesOfLibrary(found: Found): readonly Obstacle[] {
    const elf = this.image.elf(found);
    return elf === undefined || elf === 'pending' ? [] : this.#loaders.obstaclesOf(found, elf);
  }

  /**
   * What keeps a command line from doing its work, through all that it starts: for certain, and in
   * parts that it may do without.
   */
  obstaclesOfCommand(
    command: readonly ByteString[],
    purpose: Purpose,
  ): { readonly certain: readonly Obstacle[]; readonly possible: readonly Obstacle[] } {
    const needed = neededBy(this.image, command);
    const obstacles = (decides: boolean): readonly Obstacle[] =>
      needed
        .filter((each) => each.decides === decides)
        .flatMap((each) => this.#obstaclesOfNeeded(each, purpose));
    return { certain: obstacles(true), possible: obstacles(false) };
  }

  #obstaclesOfNeeded({ name, as, decides }: Needed, purpose: Purpose): readonly Obstacle[] {
    if (as === 'text') {
      const isThere =
        this.image.exists(name) || (decides && this.image.program(name) !== undefined);
      return isThere ? [] : [{ kind: 'file', name, purpose }];
    }
    const found = this.image.program(name);
    if (found === undefined) return [{ kind: 'command', name, purpose }];
    // What is only perhaps started is part of a base whose programs fit each other.
    if (!decides) return [];
    return as === 'kernel' ? this.#obstaclesOfExecuted(found, 0) : this.obstaclesOf(found);
  }

  /** The same for a file that the kernel is given: no shell takes over where it has no format. */
  #obstaclesOfExecuted(found: Found, depth: number): readonly Obstacle[] {
    const head = this.image.head(found);
    const known = head === undefined || head.startsWith('#!') || head.startsWith('\x7fELF');
    return known ? this.obstaclesOf(found, depth) : [{ kind: 'format', name: `/${found.path}` }];
  }

  #obstaclesOf(found: Found, depth: number): readonly Obstacle[] {
    switch (this.format(found)) {
      case 'elf':
        if (this.image.elf(found) === undefined)
          return [{ kind: 'damaged', name: `/${found.path}` }];
        return this.obstaclesOfLibrary(found);
      case 'script':
        return depth < MOST_SCRIPTS ? this.#obstaclesOfScript(found, depth) : [];
      case undefined:
        return this.image.isUnreadable(found) ? [{ kind: 'damaged', name: `/${found.path}` }] : [];
    }
  }

  #obstaclesOfScript(found: Found, depth: number): readonly Obstacle[] {
    const line = scriptLineOf(this.image.head(found) ?? '');
    if (line === undefined) return [];
    const { interpreter, argument } = line;
    const file = this.image.executable(interpreter);
    if (file === undefined) return [{ kind: 'interpreter', name: interpreter }];
    const own = this.#obstaclesOfExecuted(file, depth + 1);
    const name = isEnv(interpreter) ? programOfEnv(argument ?? '') : undefined;
    if (name === undefined) return own;
    const program = this.image.program(name);
    if (program === undefined) return [...own, { kind: 'program', name }];
    return [...own, ...this.obstaclesOf(program, depth + 1)];
  }
}
