import { textOfBytes } from '../domain/byte-string.ts';
import type { ElfFact, FileFacts, FileRequest } from '../domain/file-fact.ts';
import type { Finding } from '../domain/finding.ts';
import { lookup, type Found, type MergedTree } from '../domain/merged-tree.ts';
import { isOfApp } from './app-paths.ts';
import { GLIBC_ABIS, glibcIn } from './c-libraries.ts';
import type { ContentFacts } from './content-facts.ts';
import { sameFile } from './same-file.ts';
import { namesOf, shadowFinding, type Shadow } from './shadows.ts';
import { someOf } from './some-of.ts';

/**
 * glibc's loader and libc.so.6 are one program in two files: of different releases, nothing starts.
 * When both are the app's, what is of the new base needs the versions that they define.
 */
export function libcFindings(
  found: readonly Shadow[],
  facts: ContentFacts,
  files: FileFacts,
): Finding[] {
  if (found.length === 0) return [];
  const names = namesOf(found);
  for (const set of glibcSets(facts, files)) {
    const [shown, its] = [versionsOf(set.shown, files), versionsOf(set.its, files)];
    if (set.mixed && shown !== undefined && its !== undefined && !sameVersions(shown, its)) {
      return [
        shadowFinding(found, 'breaks', `the C library of the image is of two releases: ${names}`, {
          why: 'the loader and libc.so.6 fit only each other: no dynamic program would start',
        }),
      ];
    }
    const lacking = set.mixed ? [] : shellNeeds(facts, files).filter((each) => !shown?.has(each));
    if (shown !== undefined && lacking.length > 0) {
      const message = `the app layers keep a C library that lacks ${textOfBytes(someOf(lacking))}: ${names}`;
      return [
        shadowFinding(found, 'breaks', message, {
          why: "the new base's /bin/sh needs that version of it, and would not start",
        }),
      ];
    }
  }
  return [
    shadowFinding(found, 'review', `the app layers keep a C library of their own: ${names}`, {
      why: 'programs of the new base run with it, and its own fixes do not take effect',
    }),
  ];
}

/** The ELF facts of the libraries in question, and of the shell that must run with them. */
export function libcRequests(
  found: readonly Shadow[],
  facts: ContentFacts,
  files: FileFacts,
): FileRequest[] {
  if (found.length === 0) return [];
  const sets = glibcSets(facts, files);
  const all = [...sets.flatMap(({ shown, its }) => [shown, its]), shellOf(facts)];
  return sets.length === 0 ? [] : all.flatMap(elfRequest);
}

interface GlibcSet {
  /** Either the loader or libc.so.6 is the app's, and the other the new base's. */
  readonly mixed: boolean;
  /** The libc.so.6 whose release one half is of, and the one of the other half. */
  readonly shown: Found | undefined;
  readonly its: Found | undefined;
}

/** The glibc of each ABI of which the app layers hold something. */
function glibcSets(facts: ContentFacts, files: FileFacts): GlibcSet[] {
  const { after, before, newBase } = facts;
  return GLIBC_ABIS.flatMap((abi) => {
    const [loader, library] = [lookup(after.tree, abi.loader), glibcIn(after.tree, abi)];
    if (loader === undefined || library === undefined) return [];
    const ownLoader = isOwn(facts, files, loader, lookup(newBase.tree, abi.loader));
    const ownLibrary = isOwn(facts, files, library, glibcIn(newBase.tree, abi));
    if (!ownLoader && !ownLibrary) return [];
    // A loader says nothing of its release: it is of that of the library that it came with.
    const loaderTree: MergedTree = ownLoader ? before.tree : newBase.tree;
    return [{ mixed: ownLoader !== ownLibrary, shown: library, its: glibcIn(loaderTree, abi) }];
  });
}

function isOwn(
  facts: ContentFacts,
  files: FileFacts,
  shown: Found,
  fresh: Found | undefined,
): boolean {
  return isOfApp(facts, shown.node) && sameFile(shown.node, fresh?.node, files) !== true;
}

function versionsOf(found: Found | undefined, files: FileFacts): ReadonlySet<string> | undefined {
  const elf = elfOf(found, files);
  return elf === undefined ? undefined : new Set(elf.versionsDefined);
}

function sameVersions(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((version) => other.has(version));
}

/** The shell of the rebased image, where it is the new base's. */
function shellOf(facts: ContentFacts): Found | undefined {
  const shell = lookup(facts.after.tree, 'bin/sh');
  return shell === undefined || isOfApp(facts, shell.node) ? undefined : shell;
}

function shellNeeds(facts: ContentFacts, files: FileFacts): string[] {
  const needed = elfOf(shellOf(facts), files)?.versionsNeeded ?? [];
  return needed
    .filter(({ file, weak }) => file === 'libc.so.6' && !weak)
    .map(({ version }) => version);
}

function elfOf(found: Found | undefined, files: FileFacts): ElfFact | undefined {
  const [fact] = elfRequest(found).map((request) => files.get(request));
  return fact?.kind === 'elf' ? fact.elf : undefined;
}

function elfRequest(found: Found | undefined): FileRequest[] {
  const layer = found?.node.layer;
  return found === undefined || layer === undefined
    ? []
    : [{ chainId: layer.chainId, path: found.path, want: 'elf' }];
}
