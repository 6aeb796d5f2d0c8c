import { createHash } from 'node:crypto';
import Module from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/**
 * V8's bytecode of a CommonJS source with all of its functions, those that no caller has reached
 * included, behind the seal that `cli.js` looks at: V8 itself compares its own version and the length
 * of the source, and runs what was damaged. The source must be ASCII, as esbuild writes it.
 */
export function sealedBytecodeOf(source: Buffer): Buffer {
  if (source.some((byte) => byte > 0x7f)) throw new Error('the bundle is not ASCII');
  setFlagsFromString('--no-lazy');
  const script = new Script(Module.wrap(source.toString('latin1')));
  // V8 compares its flags with those of the bytecode.
  setFlagsFromString('--lazy');
  const bytecode = script.createCachedData();
  const seal = createHash('sha256')
    .update(`${process.version} ${process.arch}\n`)
    .update(source)
    .update(bytecode);
  return Buffer.concat([seal.digest(), bytecode]);
}
