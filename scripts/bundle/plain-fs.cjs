/**
 * Stands in for graceful-fs, which patches `fs` for programs that open more files than they may:
 * Node's own without what Node loads when somebody looks at it (promises and streams), since fs-extra
 * looks at everything.
 */
'use strict';
const fs = require('node:fs');

for (const [name, { get, value }] of Object.entries(Object.getOwnPropertyDescriptors(fs))) {
  if (get === undefined) exports[name] = value;
}
