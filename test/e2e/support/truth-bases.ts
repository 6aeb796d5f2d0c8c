/**
 * Bases for the truth test: a busybox root file system with a C library, each a little different
 * from `gnu`, which stands for what the applications were built on.
 */
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from './engine.ts';
import type { BaseOptions, Files } from './images.ts';
import type { Programs } from './truth-programs.ts';

export interface TruthBase extends BaseOptions {
  readonly files: Files;
}

const LIBGREET = 'usr/lib/libgreet.so.1';

/** The bases by tag. */
export function truthBases(programs: Programs): Readonly<Record<string, TruthBase>> {
  const { glibc, musl, libgreet1, libgreet2, greet, helloStatic } = programs;
  const common: Files = {
    'etc/os-release': 'ID=truth\nVERSION_ID=1.0\n',
    'etc/passwd': 'root:x:0:0::/:/bin/sh\nworker:x:1000:1000::/:/bin/sh\n',
    'etc/group': 'root:x:0:\nworker:x:1000:\nstaff:x:50:\n',
    'usr/bin/env': { symlink: '/bin/busybox' },
    'usr/bin/server': executable(helloStatic),
    'usr/bin/reader': executable(helloStatic),
    'opt/old/sh': { symlink: '/bin/busybox' },
    'opt/data/greeting': 'hello\n',
  };
  const gnu: Files = { ...common, ...glibc, [LIBGREET]: executable(libgreet2) };
  const without = (...paths: string[]): Files =>
    Object.fromEntries(Object.entries(gnu).filter(([path]) => !paths.includes(path)));
  return {
    'gnu:1': { files: gnu },
    'gnu:patched': {
      files: {
        ...gnu,
        'etc/os-release': 'ID=truth\nVERSION_ID=1.1\n',
        'etc/security-fix': 'applied\n',
      },
    },
    'gnu:no-greet': { files: without(LIBGREET) },
    'gnu:old-greet': { files: { ...gnu, [LIBGREET]: executable(libgreet1) } },
    'gnu:moved-greet': {
      files: { ...without(LIBGREET), 'lib/libgreet.so.1': executable(libgreet2) },
    },
    // Found through the loader's cache alone.
    'gnu:cached-greet': {
      files: {
        ...without(LIBGREET),
        'srv/lib/libgreet.so.1': executable(libgreet2),
        'etc/ld.so.conf': '/srv/lib\n',
      },
      prepare: ldconfig,
    },
    'gnu:opt-greet': {
      files: { ...without(LIBGREET), 'opt/greet/libgreet.so.1': executable(libgreet2) },
    },
    'gnu:merged': { files: gnu, prepare: mergeUsr },
    'gnu:no-server': { files: without('usr/bin/server') },
    'gnu:moved-server': {
      files: { ...without('usr/bin/server'), 'usr/local/bin/server': executable(helloStatic) },
    },
    'gnu:linked-server': {
      files: {
        ...gnu,
        'usr/bin/server': { symlink: '/opt/data/server' },
        'opt/data/server': executable(helloStatic),
      },
    },
    'gnu:greeting-server': { files: { ...gnu, 'usr/bin/server': executable(greet) } },
    'gnu:no-worker': {
      files: { ...gnu, 'etc/passwd': 'root:x:0:0::/:/bin/sh\n', 'etc/group': 'root:x:0:\n' },
    },
    'gnu:no-reader': { files: without('usr/bin/reader', 'opt/old/sh') },
    'gnu:moved-reader': {
      files: { ...without('usr/bin/reader'), 'usr/local/bin/reader': executable(helloStatic) },
    },
    'gnu:no-shell': { files: gnu, prepare: removing('bin/sh') },
    'musl:1': { files: { ...common, ...musl } },
    'apk:1': { files: { ...common, ...apk('1.36.0-r0') } },
    'apk:2': { files: { ...common, ...apk('1.36.1-r0') } },
    'dpkg:1': { files: { ...common, ...dpkg('2.36-9') } },
    'dpkg:2': { files: { ...common, ...dpkg('2.36-10') } },
  };
}

/** apk's database with one package of this version. */
export function apk(version: string, more = ''): Files {
  const installed = `C:Q1${'A'.repeat(27)}=\nP:busybox\nV:${version}\nA:x86_64\nF:bin\nR:busybox\n\n`;
  return { 'lib/apk/db/installed': installed + more };
}

/** dpkg's database with one package of this version. */
export function dpkg(version: string, more = ''): Files {
  const status =
    `Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n` +
    'Description: C library\n\n';
  return { 'var/lib/dpkg/status': status + more };
}

export function executable(content: string | Buffer): {
  readonly content: string | Buffer;
  readonly mode: number;
} {
  return { content, mode: 0o755 };
}

/** Puts bin, lib, lib64 and sbin below usr, with symlinks in their places. */
function mergeUsr(rootfs: string): void {
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
    const target = join(rootfs, 'usr', name);
    mkdirSync(join(rootfs, name), { recursive: true });
    mkdirSync(target, { recursive: true });
    for (const entry of readdirSync(join(rootfs, name))) {
      renameSync(join(rootfs, name, entry), join(target, entry));
    }
    rmdirSync(join(rootfs, name));
    symlinkSync(`usr/${name}`, join(rootfs, name));
  }
}

function removing(path: string): (rootfs: string) => void {
  return (rootfs) => {
    rmSync(join(rootfs, path));
  };
}

/** Writes the loader's cache, as an installation does. */
export async function ldconfig(rootfs: string): Promise<void> {
  const { status, stderr } = await execute('ldconfig', ['-r', rootfs], {
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  if (status !== 0) throw new Error(`ldconfig: exit ${status}\n${stderr}`);
}
