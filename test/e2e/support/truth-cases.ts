import type { Files } from './images.ts';
import { apk, dpkg, executable } from './truth-bases.ts';
import type { Programs } from './truth-programs.ts';

/** What the applications are made from. */
export interface Parts {
  readonly programs: Programs;
  /** Packages of Debian 12 and of Debian 13: jq and what it needs. */
  readonly packages12: Readonly<Record<string, Buffer>>;
  readonly packages13: Readonly<Record<string, Buffer>>;
}

export interface TruthCase {
  readonly what: string;
  readonly base: string;
  readonly onto: string;
  /** What the application's layer holds. */
  readonly files?: (parts: Parts) => Files;
  /** Dockerfile instructions after it. */
  readonly lines: readonly string[];
  /** What it prints while it works. */
  readonly prints: string;
  readonly verdict: 'SAFE' | 'REVIEW' | 'BREAKS';
  /** The check whose finding gives the verdict. */
  readonly check?: string;
  /** Whether it works on the new base. */
  readonly works: boolean;
}

const BREAKS = { verdict: 'BREAKS', check: 'missing', works: false } as const;
const SAFE = { verdict: 'SAFE', works: true } as const;
const SHADOWED = { verdict: 'REVIEW', check: 'shadowed', works: true } as const;

const PROGRAM = { lines: ['CMD ["/app/run"]'], prints: 'hello' };
const GREETS = { lines: ['CMD ["/app/run"]'], prints: 'greetings' };
const SERVER = { lines: ['CMD ["/usr/bin/server"]'], prints: 'hello' };
const JQ = {
  lines: [
    'RUN dpkg -i /packages/*.deb && rm -r /packages',
    'CMD ["jq", "-n", "-r", "\\"hello\\""]',
  ],
  prints: 'hello',
};
const PERL = { files: script('#!/usr/bin/env perl\nprint "hello\\n";\n'), ...PROGRAM };

/** Applications that are moved; `verdict` is what the checks must say of it, `works` what happens. */
export const TRUTH_CASES: readonly TruthCase[] = [
  {
    what: 'a glibc program onto a musl base',
    base: 'gnu:1',
    onto: 'musl:1',
    files: run('hello'),
    ...PROGRAM,
    ...BREAKS,
  },
  {
    what: 'a musl program onto a glibc base',
    base: 'musl:1',
    onto: 'gnu:1',
    files: run('helloMusl'),
    ...PROGRAM,
    ...BREAKS,
  },
  {
    what: 'a static program onto a musl base',
    base: 'gnu:1',
    onto: 'musl:1',
    files: run('helloStatic'),
    ...PROGRAM,
    ...SAFE,
  },
  {
    what: 'a library is gone',
    base: 'gnu:1',
    onto: 'gnu:no-greet',
    files: run('greet'),
    ...GREETS,
    ...BREAKS,
  },
  {
    what: "a library of the app's own needs a library that is gone",
    base: 'gnu:1',
    onto: 'gnu:no-greet',
    files: ({ programs: { poem, libpoem } }) => ({
      'app/run': executable(poem),
      'app/libpoem.so': executable(libpoem),
    }),
    ...GREETS,
    ...BREAKS,
  },
  {
    what: 'the app brings the library that is gone ($ORIGIN)',
    base: 'gnu:1',
    onto: 'gnu:no-greet',
    files: ({ programs: { greetOrigin, libgreet2 } }) => ({
      'app/run': executable(greetOrigin),
      'app/lib/libgreet.so.1': executable(libgreet2),
    }),
    ...GREETS,
    ...SAFE,
  },
  {
    what: 'a symbol version is too old',
    base: 'gnu:1',
    onto: 'gnu:old-greet',
    files: run('shout'),
    lines: ['CMD ["/app/run"]'],
    prints: 'GREETINGS',
    ...BREAKS,
  },
  {
    what: 'an older library with all that is needed',
    base: 'gnu:1',
    onto: 'gnu:old-greet',
    files: run('greet'),
    ...GREETS,
    ...SAFE,
  },
  {
    what: 'a library moved to another default path',
    base: 'gnu:1',
    onto: 'gnu:moved-greet',
    files: run('greet'),
    ...GREETS,
    ...SAFE,
  },
  {
    what: "a library moved to where only the loader's cache finds it",
    base: 'gnu:1',
    onto: 'gnu:cached-greet',
    files: run('greet'),
    ...GREETS,
    ...SAFE,
  },
  {
    what: "a library that only the old base's loader cache finds",
    base: 'gnu:cached-greet',
    onto: 'gnu:no-greet',
    files: run('greet'),
    ...GREETS,
    ...BREAKS,
  },
  {
    what: 'a RUNPATH that leads nowhere',
    base: 'gnu:opt-greet',
    onto: 'gnu:no-greet',
    files: run('greetOpt'),
    ...GREETS,
    ...BREAKS,
  },
  {
    what: 'an app directory in the place of a usr-merge symlink',
    base: 'gnu:1',
    onto: 'gnu:merged',
    files: () => ({ 'bin/tool': executable('#!/bin/sh\necho hello\n') }),
    lines: ['CMD ["/bin/tool"]'],
    prints: 'hello',
    ...BREAKS,
    check: 'replaced-dir',
  },
  {
    what: 'a program onto a base with usr-merge',
    base: 'gnu:1',
    onto: 'gnu:merged',
    files: run('hello'),
    ...PROGRAM,
    ...SAFE,
  },
  {
    what: 'the entrypoint is gone',
    base: 'gnu:1',
    onto: 'gnu:no-server',
    lines: ['ENTRYPOINT ["/usr/bin/server"]', 'CMD []'],
    prints: 'hello',
    ...BREAKS,
  },
  {
    what: 'the command moved within PATH',
    base: 'gnu:1',
    onto: 'gnu:moved-server',
    lines: ['CMD ["server"]'],
    prints: 'hello',
    ...SAFE,
  },
  {
    what: 'a symlink of the app to a program that is gone',
    base: 'gnu:1',
    onto: 'gnu:no-server',
    files: () => ({ 'app/run': { symlink: '/usr/bin/server' } }),
    ...PROGRAM,
    ...BREAKS,
  },
  {
    what: 'the shell of a shell-form CMD is gone',
    base: 'gnu:1',
    onto: 'gnu:no-shell',
    lines: ['CMD echo hello'],
    prints: 'hello',
    ...BREAKS,
  },
  {
    what: 'the user is gone',
    base: 'gnu:1',
    onto: 'gnu:no-worker',
    files: run('helloStatic'),
    lines: ['USER worker', 'CMD ["/app/run"]'],
    prints: 'hello',
    ...BREAKS,
  },
  {
    what: 'the group is gone',
    base: 'gnu:1',
    onto: 'gnu:no-worker',
    files: run('helloStatic'),
    lines: ['USER 1000:staff', 'CMD ["/app/run"]'],
    prints: 'hello',
    ...BREAKS,
  },
  {
    what: 'a user given by number',
    base: 'gnu:1',
    onto: 'gnu:no-worker',
    files: run('helloStatic'),
    lines: ['USER 1000:50', 'CMD ["/app/run"]'],
    prints: 'hello',
    ...SAFE,
  },
  {
    what: 'a user that the app added itself',
    base: 'gnu:1',
    onto: 'gnu:no-worker',
    files: (parts) => ({
      ...run('helloStatic')(parts),
      'etc/passwd': 'root:x:0:0::/:/bin/sh\nworker:x:1000:1000::/:/bin/sh\nmine:x:7:7::/:/bin/sh\n',
      'etc/group': 'root:x:0:\nworker:x:1000:\nstaff:x:50:\nmine:x:7:\n',
    }),
    lines: ['USER mine', 'CMD ["/app/run"]'],
    prints: 'hello',
    ...SAFE,
  },
  {
    what: 'the interpreter of a script is gone',
    base: 'gnu:1',
    onto: 'gnu:no-reader',
    files: script('#!/opt/old/sh\necho hello\n'),
    ...PROGRAM,
    ...BREAKS,
  },
  {
    what: 'the interpreter that env looks for is gone',
    base: 'gnu:1',
    onto: 'gnu:no-reader',
    files: script('#!/usr/bin/env reader\n'),
    ...PROGRAM,
    ...BREAKS,
  },
  {
    what: 'the interpreter that env looks for moved within PATH',
    base: 'gnu:1',
    onto: 'gnu:moved-reader',
    files: script('#!/usr/bin/env reader\n'),
    ...PROGRAM,
    ...SAFE,
  },
  {
    what: 'a whiteout of the app hides a library that the new base needs',
    base: 'gnu:1',
    onto: 'gnu:greeting-server',
    ...SERVER,
    lines: ['RUN rm /usr/lib/libgreet.so.1', ...SERVER.lines],
    ...BREAKS,
  },
  {
    what: 'an opaque directory of the app hides a program of the new base',
    base: 'gnu:1',
    onto: 'gnu:linked-server',
    ...SERVER,
    lines: ['RUN rm -r /opt/data && mkdir /opt/data', ...SERVER.lines],
    ...BREAKS,
  },
  {
    what: 'a file of the app hides a program of the new base',
    base: 'gnu:1',
    onto: 'gnu:linked-server',
    files: () => ({ 'opt/data/server': 'left over\n' }),
    ...SERVER,
    ...BREAKS,
  },
  {
    what: "the package database of apk is the app's",
    base: 'apk:1',
    onto: 'apk:2',
    files: (parts) => ({
      ...run('helloStatic')(parts),
      ...apk('1.36.0-r0', 'P:mine\nV:1-r0\n\n'),
    }),
    ...PROGRAM,
    ...SHADOWED,
  },
  {
    what: "the package database of dpkg is the app's",
    base: 'dpkg:1',
    onto: 'dpkg:2',
    files: (parts) => ({
      ...run('helloStatic')(parts),
      ...dpkg('2.36-9', 'Package: mine\nStatus: install ok installed\nVersion: 1\n\n'),
    }),
    ...PROGRAM,
    ...SHADOWED,
  },
  {
    what: 'a harmless patch of the base',
    base: 'gnu:1',
    onto: 'gnu:patched',
    files: run('greet'),
    ...GREETS,
    ...SAFE,
  },
  {
    what: 'labels and environment only',
    base: 'gnu:1',
    onto: 'gnu:patched',
    lines: ['LABEL a=b', 'ENV WORD=hello', 'CMD ["sh", "-c", "echo $WORD"]'],
    prints: 'hello',
    ...SAFE,
  },
  {
    what: 'Debian 12 onto Debian 13, with packages that the app installed',
    base: 'debian:12',
    onto: 'debian:13',
    files: ({ packages12 }) => inFolder('packages', packages12),
    ...JQ,
    ...SHADOWED,
  },
  {
    what: 'packages of Debian 13 onto Debian 12',
    base: 'debian:13',
    onto: 'debian:12',
    files: ({ packages13 }) => inFolder('packages', packages13),
    ...JQ,
    ...BREAKS,
  },
  {
    what: 'a Perl script onto a patched Debian 12',
    base: 'debian:12',
    onto: 'debian:12-patched',
    ...PERL,
    ...SAFE,
  },
  {
    what: 'a Perl script of Debian onto a base without Perl',
    base: 'debian:12',
    onto: 'gnu:1',
    ...PERL,
    ...BREAKS,
  },
];

/** One program as /app/run. */
function run(name: 'hello' | 'helloMusl' | 'helloStatic' | 'greet' | 'greetOpt' | 'shout') {
  return ({ programs }: Parts): Files => ({ 'app/run': executable(programs[name]) });
}

function script(text: string) {
  return (): Files => ({ 'app/run': executable(text) });
}

function inFolder(folder: string, files: Readonly<Record<string, Buffer>>): Files {
  return Object.fromEntries(
    Object.entries(files).map(([name, content]) => [`${folder}/${name}`, { content }]),
  );
}
