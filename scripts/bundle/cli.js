#!/usr/bin/env node
/**
 * Runs main.js from the bytecode that the build has made of it. Under another version of Node, and
 * where the two files are not as they were built, main.js is compiled as any other program is.
 */
'use strict';
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { wrap } = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');

const filename = path.join(__dirname, 'main.js');
const source = readFileSync(filename);
const script = new Script(wrap(source.toString('latin1')), { filename, cachedData: bytecode() });
script.runInThisContext()(exports, require, module, filename, __dirname);

// All is written and nothing is open any more: V8 need not tidy up a heap that ends with the process.
process.once('beforeExit', () => process.exit());

/** Undefined unless its seal (bundle/record-bytecode.cjs) is that of this Node, main.js and itself. */
function bytecode() {
  let sealed;
  try {
    sealed = readFileSync(path.join(__dirname, 'main.bytecode'));
  } catch {
    return undefined;
  }
  const code = sealed.subarray(32);
  const seal = createHash('sha256')
    .update(`${process.version} ${process.arch}\n`)
    .update(source)
    .update(code);
  return seal.digest().equals(sealed.subarray(0, 32)) ? code : undefined;
}
