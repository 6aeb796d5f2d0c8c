import type { ElfFact } from '../../../src/domain/file-fact.ts';

/** The facts of a 64-bit x86 library without needs. */
export function exampleFact(facts: Partial<ElfFact> = {}): ElfFact {
  return {
    bits: 64,
    littleEndian: true,
    machine: 62,
    type: 3,
    interpreter: undefined,
    dynamic: true,
    soname: undefined,
    needed: [],
    rpath: undefined,
    runpath: undefined,
    noDefaultLib: false,
    versionsNeeded: [],
    versionsDefined: [],
    ...facts,
  };
}
