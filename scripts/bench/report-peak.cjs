// Loaded before the command: writes the most memory that its process held, in kB, when it ends.
'use strict';
const { writeFileSync } = require('node:fs');
process.on('exit', () => {
  writeFileSync(process.env.BENCH_PEAK_FILE, String(process.resourceUsage().maxRSS));
});
