/** Words completed by a real bash, which breaks them at colons, with the images of a real dockerd. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { sweepFolder, tempFolder } from './support/cleanup.ts';
import { CLI, rebaseImage } from './support/cli.ts';
import { type Engine, execute, quote, startEngine } from './support/engine.ts';
import { importBases } from './support/scenario.ts';

describe('completion', () => {
  let engine: Engine;
  let bin: string;
  let script: string;

  before(async () => {
    engine = await startEngine();
    await importBases(engine);
    bin = tempFolder();
    writeFileSync(
      join(bin, 'rebase-image'),
      `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(CLI)} "$@"\n`,
      { mode: 0o755 },
    );
    script = (await rebaseImage(['completion', 'bash'])).stdout;
  });
  after(async () => {
    await engine.dispose();
    sweepFolder(bin);
  });

  /** What bash would put in place of the word that ends the line. */
  async function completed(line: string, breaks = `" '><=;|&(:`): Promise<string[]> {
    const program = `
COMP_WORDBREAKS=${quote(breaks)}
${script}
COMP_LINE=${quote(line)}; COMP_POINT=\${#COMP_LINE}
_rebase_image 2>/dev/null
printf '%s\\n' "\${COMPREPLY[@]}"
`;
    const result = await execute('bash', ['--norc', '--noprofile', '-c', program], {
      env: {
        PATH: `${bin}:${process.env['PATH'] ?? ''}`,
        DOCKER_HOST: `unix://${engine.socket}`,
        HOME: bin,
      },
    });
    expect(result.status, result.stderr).to.equal(0);
    return result.stdout.split('\n').filter((word) => word !== '');
  }

  it('gives commands and images at the beginning', async () => {
    expect(await completed('rebase-image ')).to.include.members(['undo', 'base', 'alpine:3.7']);
  });

  it('completes behind a colon, where bash has begun a new word', async () => {
    expect(await completed('rebase-image alpine:3.')).to.have.members(['3.7', '3.12']);
    expect(await completed('rebase-image my-app --onto alpine:3.1')).to.deep.equal(['3.12']);
    expect(await completed('rebase-image my-app --onto=alpine:3.1')).to.deep.equal(['3.12']);
    expect(await completed('rebase-image my-app --onto=al')).to.have.members([
      'alpine:3.7',
      'alpine:3.12',
    ]);
  });

  it('gives whole words to a bash that does not break at colons', async () => {
    expect(await completed('rebase-image alpine:3.1', ' ')).to.deep.equal(['alpine:3.12']);
  });

  it('gives options and their values', async () => {
    expect(await completed('rebase-image alpine:3.7 --on')).to.deep.equal(['--onto']);
    expect(await completed('rebase-image alpine:3.7 --clone r')).to.deep.equal(['reflink']);
  });

  for (const shell of ['zsh', 'fish']) {
    it(`has a script for ${shell}`, async () => {
      const { status, stdout } = await rebaseImage(['completion', shell]);
      expect(status).to.equal(0);
      expect(stdout).to.contain('__complete');
    });
  }

  it('says which shells there are', async () => {
    const { status, stderr } = await rebaseImage(['completion', 'tcsh']);
    expect(status).to.equal(64);
    expect(stderr).to.contain('bash');
  });
});
