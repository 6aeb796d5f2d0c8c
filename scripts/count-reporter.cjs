/**
 * Mocha's spec reporter, which also writes `{passes, failures, pending}` to the file that
 * COUNT_FILE names, so that scripts/test.sh can add up its stages.
 */
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class CountReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.COUNT_FILE;
    if (!file) return;
    // Written after each test: a run that dies has counts too, and no "done" flag.
    const write = (done) => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passes, failures, pending, done }) + '\n');
    };
    runner.on('test end', () => write(false));
    runner.once('end', () => write(true));
  }
};
