#!/usr/bin/env node
/**
 * Runs main.js from the bytecode that the build has made of it. In another version of V8, and where
 * there is none, it is compiled as any other program is.
 */
'use strict';
const { readFileSync } = require('node:fs');
const { wrap } = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');

const filename = path.join(__dirname, 'main.js');
const script = new Script(wrap(readFileSync(filename, 'latin1')), {
  filename,
  cachedData: bytecode(),
});
script.runInThisContext()(exports, require, module, filename, __dirname);

function bytecode() {
  try {
    return readFileSync(path.join(__dirname, 'main.bytecode'));
  } catch {
    return undefined;
  }
}
