import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { buildProgram, type FirstRun } from '../../scripts/bundle/program.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const SOURCE = `
const text: string = 'the first text';
function notWhileBuilt(): string {
  return process.argv.slice(2).join(' ');
}
const said = process.argv[2] === 'once' ? 'nothing' : notWhileBuilt();
console.log(text, said, import.meta.url.endsWith('/main.js'));
process.exitCode = 3;
`;

/** Says on stderr whether V8 was given bytecode, and took it. */
const WATCH = `
const vm = require('node:vm');
const { Script } = vm;
vm.Script = class extends Script {
  constructor(source, options) {
    super(source, options);
    const given = options.cachedData !== undefined;
    if (options.filename.endsWith('/main.js')) console.error(given && !this.cachedDataRejected);
  }
};
`;

describe('bundle/program', () => {
  let folder: string;
  let bytecode: string;
  let firstRun: FirstRun;

  beforeEach(async () => {
    folder = makeTempDir();
    bytecode = join(folder, 'main.bytecode');
    writeFileSync(join(folder, 'watch.cjs'), WATCH);
    writeFileSync(join(folder, 'entry.ts'), SOURCE);
    firstRun = await buildProgram(join(folder, 'entry.ts'), folder, ['once']);
  });
  afterEach(removeTempDirs);

  it('runs from the bytecode', () => {
    expect(run()).to.deep.equal({ said: 'the first text a b true', bytecode: true, status: 3 });
  });

  it('tells how the run ended that its bytecode is of', () => {
    expect(firstRun).to.deep.equal({ status: 3, said: '' });
  });

  it('writes all that it has to say to a reader that is slow', () => {
    const main = join(folder, 'main.js');
    writeFileSync(main, "process.stdout.write('x'.repeat(5e6)); process.exitCode = 4;");
    const command = `node ${join(folder, 'cli.js')} | { sleep 0.3; wc -c; }; echo \${PIPESTATUS[0]}`;
    const { stdout } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
    expect(stdout.split('\n')).to.deep.equal(['5000000', '4', '']);
  });

  it('runs through a symlink from elsewhere', () => {
    const link = join(makeTempDir(), 'command');
    symlinkSync(join(folder, 'cli.js'), link);
    const { stdout } = spawnSync(process.execPath, [link], { encoding: 'utf8' });
    expect(stdout.trim()).to.equal('the first text  true');
  });

  const damages: readonly [string, (whole: Buffer) => Buffer | undefined][] = [
    ['is gone', () => undefined],
    ['is empty', () => Buffer.alloc(0)],
    ['is cut off', (whole) => whole.subarray(0, 500)],
    ['has lost a page', (whole) => whole.fill(0, 256, 512)],
    ['has one wrong bit', (whole) => flipped(whole, 300)],
    ['has a wrong seal', (whole) => flipped(whole, 0)],
  ];
  for (const [what, damaged] of damages) {
    it(`runs without the bytecode when that ${what}`, () => {
      const left = damaged(readFileSync(bytecode));
      rmSync(bytecode);
      if (left !== undefined) writeFileSync(bytecode, left);
      expect(run()).to.deep.equal({ said: 'the first text a b true', bytecode: false, status: 3 });
    });
  }

  it('runs what main.js says, also when that was changed at equal length', () => {
    const main = join(folder, 'main.js');
    writeFileSync(main, readFileSync(main, 'utf8').replace('the first text', 'the other text'));
    expect(run()).to.deep.equal({ said: 'the other text a b true', bytecode: false, status: 3 });
  });

  it('runs without bytecode that another Node has made', () => {
    const other = join(folder, 'other.cjs');
    writeFileSync(
      other,
      `${WATCH}Object.defineProperty(process, 'version', { value: 'v20.0.0' });\n`,
    );
    expect(run(other)).to.deep.include({ said: 'the first text a b true', bytecode: false });
  });

  function run(watch = join(folder, 'watch.cjs')): object {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--require', watch, join(folder, 'cli.js'), 'a', 'b'],
      { encoding: 'utf8', env: {} },
    );
    return { said: stdout.trim(), bytecode: stderr.trim() === 'true', status };
  }
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}
