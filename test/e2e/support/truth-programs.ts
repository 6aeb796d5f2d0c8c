/** Small programs that start only where the loader finds what they need, compiled once. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sweepFolder, tempFolder } from './cleanup.ts';
import { execute } from './engine.ts';
import type { Files } from './images.ts';

export interface Programs {
  /** The loader and the C library of glibc, where programs look for them. */
  readonly glibc: Files;
  /** musl's, which is both in one file. */
  readonly musl: Files;
  /** They print `hello`. */
  readonly hello: Buffer;
  readonly helloStatic: Buffer;
  readonly helloMusl: Buffer;
  /** libgreet.so.1 with the symbol version GREET_1, and with GREET_2 as well. */
  readonly libgreet1: Buffer;
  readonly libgreet2: Buffer;
  /** Prints `greetings`; needs libgreet.so.1 with GREET_1. */
  readonly greet: Buffer;
  /** The same with RUNPATH `$ORIGIN/lib`, and with RUNPATH `/opt/greet`. */
  readonly greetOrigin: Buffer;
  readonly greetOpt: Buffer;
  /** Prints `GREETINGS`; needs GREET_2. */
  readonly shout: Buffer;
  /** A library that needs libgreet.so.1, and a program with RUNPATH `$ORIGIN` that needs only it. */
  readonly libpoem: Buffer;
  readonly poem: Buffer;
}

const SOURCES = {
  'hello.c': '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n',
  'libgreet.c':
    '#include <stdio.h>\n' +
    'void greet(void) { puts("greetings"); }\n' +
    'void shout(void) { puts("GREETINGS"); }\n',
  'greet1.map': 'GREET_1 { global: greet; local: *; };\n',
  'greet2.map': 'GREET_1 { global: greet; local: *; };\nGREET_2 { global: shout; } GREET_1;\n',
  'greet.c': 'void greet(void);\nint main(void) { greet(); return 0; }\n',
  'shout.c': 'void shout(void);\nint main(void) { shout(); return 0; }\n',
  'libpoem.c': 'void greet(void);\nvoid poem(void) { greet(); }\n',
  'poem.c': 'void poem(void);\nint main(void) { poem(); return 0; }\n',
};

const LIBRARY = ['-shared', '-fPIC'];

/** Compiles them with gcc and musl-gcc (Debian: gcc, libc6-dev, musl-tools). */
export async function compilePrograms(): Promise<Programs> {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(SOURCES)) writeFileSync(join(folder, name), text);
  const cc = async (output: string, ...args: string[]): Promise<Buffer> => {
    await must('gcc', ['-o', output, ...args], folder);
    return readFileSync(join(folder, output));
  };
  const greetLibrary = (output: string, versions: string): Promise<Buffer> =>
    cc(
      output,
      ...LIBRARY,
      'libgreet.c',
      '-Wl,-soname,libgreet.so.1',
      `-Wl,--version-script=${versions}`,
    );
  const libgreet1 = await greetLibrary('libgreet1.so', 'greet1.map');
  const libgreet2 = await greetLibrary('libgreet.so', 'greet2.map');
  const greeting = ['-L.', '-lgreet', '-Wl,--no-as-needed', '-Wl,--enable-new-dtags'];
  const soname = '-Wl,-soname,libpoem.so';
  const hello = await cc('hello', 'hello.c');
  await must('musl-gcc', ['-o', 'hello-musl', 'hello.c'], folder);
  const programs: Programs = {
    glibc: await loadedBy(join(folder, 'hello')),
    musl: await loadedBy(join(folder, 'hello-musl')),
    hello,
    helloStatic: await cc('hello-static', '-static', 'hello.c'),
    helloMusl: readFileSync(join(folder, 'hello-musl')),
    libgreet1,
    libgreet2,
    greet: await cc('greet', 'greet.c', ...greeting),
    greetOrigin: await cc('greet-origin', 'greet.c', ...greeting, '-Wl,-rpath,$ORIGIN/lib'),
    greetOpt: await cc('greet-opt', 'greet.c', ...greeting, '-Wl,-rpath,/opt/greet'),
    shout: await cc('shout', 'shout.c', ...greeting),
    libpoem: await cc('libpoem.so', ...LIBRARY, 'libpoem.c', soname, ...greeting),
    poem: await cc(
      'poem',
      ...['poem.c', '-L.', '-lpoem', '-Wl,-rpath,$ORIGIN', '-Wl,--enable-new-dtags'],
      '-Wl,--allow-shlib-undefined',
    ),
  };
  sweepFolder(folder);
  return programs;
}

/** The files that a program of this machine is started with, as its own loader lists them. */
async function loadedBy(program: string): Promise<Files> {
  const header = await must('readelf', ['--program-headers', '--wide', program]);
  const loader = /Requesting program interpreter: (\/[^\]]+)\]/.exec(header)?.[1];
  if (loader === undefined) throw new Error(`${program} names no loader`);
  const listing = await must(loader, ['--list', program]);
  const paths = [...listing.matchAll(/(?:=> |^\s)(\/\S+) \(0x/gm)].map(([, path]) => path ?? '');
  return Object.fromEntries(
    [...new Set([loader, ...paths])].map((path) => [
      path.slice(1),
      { content: readFileSync(path), mode: 0o755 },
    ]),
  );
}

async function must(file: string, args: readonly string[], cwd?: string): Promise<string> {
  const options = cwd === undefined ? {} : { cwd };
  const { status, stdout, stderr } = await execute(file, args, options);
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: exit ${status}\n${stderr}`);
  return stdout;
}
