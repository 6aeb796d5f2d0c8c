/** -q of every command: IDs and nothing else, for the next command of a script. */
import { readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import { chainIdsOf, type DiffID } from '../../src/domain/digest.ts';
import { OUTPUT_SCHEMA } from '../../src/render/schema/output-schema.ts';
import { type Engine, startEngine } from './support/engine.ts';
import { diffIds } from './support/images.ts';
import {
  imageId,
  importAll,
  REBASE,
  rebase,
  rebaseJson,
  restarting,
  whileStopped,
} from './support/scenario.ts';

const TAG = 'my-alpine:3.7';

describe('-q', () => {
  let engine: Engine;
  let oldId: string;

  before(async () => {
    engine = await startEngine();
    await importAll(engine);
    oldId = await imageId(engine, TAG);
  });
  after(() => engine.dispose());

  it('names images before anything is done, and has nothing to say where nothing was', async () => {
    const planned = await ids([...REBASE, '--dry-run']);
    expect(planned).to.have.length(1);
    // No --no-trunc is needed, and it changes nothing.
    expect(await ids([...REBASE, '--dry-run', '--no-trunc'])).to.deep.equal(planned);
    expect(await ids([TAG, '--onto', 'alpine:3.7', '--dry-run'])).to.deep.equal([oldId]);
    expect(await ids(['check', ...REBASE])).to.deep.equal([]);
    expect(await ids(['base', TAG])).to.deep.equal([await imageId(engine, 'alpine:3.7')]);
    expect(await ids(['dependents', 'alpine:3.7'])).to.deep.equal([oldId]);
    for (const words of ['status', 'history', 'doctor', 'prune -n', 'history --prune -n']) {
      expect(await ids(words.split(' ')), words).to.deep.equal([]);
    }
  });

  it('follows a rebase to its restart and its undo', async () => {
    const planned = await ids([...REBASE, '--dry-run']);
    expect(await ids([...REBASE, '--yes', '--keep-old'])).to.deep.equal(planned);
    const [number = ''] = await numbers(['history']);
    expect(await numbers(['status'])).to.deep.equal([number]);
    expect(await ids(['resume', ...restarting(engine)])).to.deep.equal(planned);
    expect(await numbers(['status'])).to.deep.equal([]);
    expect(await ids(['dependents', 'alpine:3.12'])).to.deep.equal(planned);
    // A second time there is nothing to do, and the image has an ID all the same.
    expect(await ids([...REBASE, '--yes'])).to.deep.equal(planned);
    expect(await ids(['undo', number, '--dry-run'])).to.deep.equal([oldId]);
    expect(await ids(['undo', number, '--yes'])).to.deep.equal([oldId]);
    expect(await numbers(['history'])).to.deep.equal([number]);
  });

  it('follows what is staged to its end', async () => {
    const planned = await ids([...REBASE, '--yes', '--stage-only']);
    const [number = ''] = await numbers(['history']);
    expect(await numbers(['status'])).to.deep.equal([number]);
    expect(await ids(['abort'])).to.deep.equal([oldId]);
    expect(await numbers(['status'])).to.deep.equal([]);
    expect(await ids([...REBASE, '--yes', '--stage-only'])).to.deep.equal(planned);
    expect(await ids(['resume', ...restarting(engine)])).to.deep.equal(planned);
  });

  it('names what is let go of', async () => {
    expect(await ids(['prune', '--dry-run'])).to.deep.equal([oldId]);
    expect(await ids(['prune', '--yes'])).to.deep.equal([oldId]);
    const before = await numbers(['history']);
    const going = await numbers(['history', '--prune', '--dry-run']);
    expect(going).to.not.deep.equal([]);
    expect(await numbers(['history', '--prune', '--yes'])).to.deep.equal(going);
    expect(await numbers(['history'])).to.deep.equal(
      before.filter((number) => !going.includes(number)),
    );
  });

  it('gives way to --json, and needs a --yes', async () => {
    const document = await rebaseJson(engine, ['status', '-q']);
    expect(document).to.include({ document: 'status' });
    const args = [TAG, '--onto', 'alpine:3.7', '--from', 'alpine:3.12', '-q'];
    const { stdout, stderr } = await rebase(engine, args, { status: 1 });
    expect(stdout).to.equal('');
    expect(stderr).to.match(/say yes/);
  });

  it('names what is damaged', async () => {
    const layers = (await diffIds(engine, TAG)) as DiffID[];
    const top = chainIdsOf(layers).at(-1) ?? '';
    await whileStopped(engine, async () => {
      const entry = join(engine.dataRoot, 'image/overlay2/layerdb/sha256', top.slice(7));
      const cacheId = readFileSync(join(entry, 'cache-id'), 'utf8');
      rmSync(join(engine.dataRoot, 'overlay2', cacheId, 'link'));
      expect(await ids(['doctor'], { status: 1 })).to.include(top);
    });
  });

  it('leaves the documents to the schema that the package has', () => {
    // As a program imports it that has the package.
    const published: unknown = createRequire(import.meta.url)('rebase-image/output.schema.json');
    expect(published).to.deep.equal(OUTPUT_SCHEMA);
  });

  /** What a command prints, which must be digests only. */
  async function ids(args: readonly string[], { status = 0 } = {}): Promise<string[]> {
    return linesOf(args, /^sha256:[0-9a-f]{64}$/, status);
  }

  /** What a command prints, which must be transactions' numbers only. */
  async function numbers(args: readonly string[]): Promise<string[]> {
    return linesOf(args, /^[1-9]\d*$/, 0);
  }

  async function linesOf(args: readonly string[], form: RegExp, status: number): Promise<string[]> {
    const { stdout, stderr } = await rebase(engine, [...args, '-q'], { status });
    expect(stderr, args.join(' ')).to.equal('');
    const lines = stdout.split('\n');
    expect(lines.pop(), args.join(' ')).to.equal('');
    for (const line of lines) expect(line, args.join(' ')).to.match(form);
    return lines;
  }
});
