import Module from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/**
 * V8's bytecode of a CommonJS source with all of its functions, those that no caller has reached
 * included. V8 takes it in the same version with the same flags, and compiles the source otherwise.
 */
export function bytecodeOf(source) {
  setFlagsFromString('--no-lazy');
  const script = new Script(Module.wrap(source));
  // V8 compares its flags with those of the bytecode.
  setFlagsFromString('--lazy');
  return script.createCachedData();
}
