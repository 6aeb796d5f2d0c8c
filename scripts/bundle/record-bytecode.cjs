/**
 * A program of its own: runs a CommonJS program, and when it ends writes what V8 has compiled of it
 * by then, behind the seal that `cli.js` looks at: V8 itself compares its own version and the length
 * of the source, and runs what was damaged.
 *
 *   record-bytecode.cjs FOLDER [ARGUMENT...]    runs FOLDER/main.js, writes FOLDER/main.bytecode
 */
'use strict';
const { createHash } = require('node:crypto');
const { readFileSync, writeFileSync } = require('node:fs');
const { wrap } = require('node:module');
const path = require('node:path');
const { Script } = require('node:vm');

const [, , folder, ...args] = process.argv;
const filename = path.join(folder, 'main.js');
const source = readFileSync(filename);
const script = new Script(wrap(source.toString('latin1')), { filename });

process.once('exit', () => {
  const bytecode = script.createCachedData();
  const seal = createHash('sha256')
    .update(`${process.version} ${process.arch}\n`)
    .update(source)
    .update(bytecode);
  writeFileSync(path.join(folder, 'main.bytecode'), Buffer.concat([seal.digest(), bytecode]));
});
process.argv = [process.execPath, path.join(folder, 'cli.js'), ...args];
script.runInThisContext()(exports, require, module, filename, folder);
