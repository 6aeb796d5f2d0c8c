/**
 * What `check` says of a rebase is what then happens: every application runs on its old base, is
 * judged, is rebased with all findings allowed, and runs again on a real dockerd.
 */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { sweepFolder } from './support/cleanup.ts';
import { rebaseImage } from './support/cli.ts';
import { debianPackages, debootstrap } from './support/debian.ts';
import { type CommandResult, type Engine, startEngine } from './support/engine.ts';
import { buildImage, importBase, importTree, writeFiles } from './support/images.ts';
import { rebase, whileStopped } from './support/scenario.ts';
import { truthBases } from './support/truth-bases.ts';
import { type Parts, TRUTH_CASES, type TruthCase } from './support/truth-cases.ts';
import { compilePrograms, type Programs } from './support/truth-programs.ts';

interface Judged {
  readonly reference: string;
  readonly verdict: string;
  readonly findings: readonly { readonly check: string; readonly severity: string }[];
}

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
const PACKAGES = ['jq', 'libjq1', 'libonig5'];
/** Every check on contents: nothing may stand in the way of trying. */
const ALLOW = ['--allow', 'distro,libc,shadowed,replaced-dir,missing,redirect'];
/** Containers and builds at a time. */
const AT_ONCE = 4;

describe('what check says and what happens', () => {
  let engine: Engine;
  const onOld = new Map<TruthCase, CommandResult>();
  const onNew = new Map<TruthCase, CommandResult>();
  const judged = new Map<string, Judged>();

  before(async function () {
    this.timeout(40 * 60_000); // Two distributions are fetched, three dozen images built.
    engine = await startEngine();
    await prepare(engine);
    await inTurns(TRUTH_CASES, async (each) => {
      onOld.set(each, await runApp(engine, each));
    });
    await whileStopped(engine, async () => {
      for (const onto of new Set(TRUTH_CASES.map((each) => each.onto))) {
        const references = TRUTH_CASES.filter((each) => each.onto === onto).map(tagOf);
        for (const image of await judge(engine, references, onto)) {
          judged.set(image.reference, image);
        }
        await rebase(engine, [...references, '--onto', onto, '--yes', ...ALLOW]);
      }
    });
    await inTurns(TRUTH_CASES, async (each) => {
      onNew.set(each, await runApp(engine, each));
    });
  });
  after(() => engine.dispose());

  for (const each of TRUTH_CASES) {
    const { what, verdict, works, prints } = each;
    it(`${what}: ${verdict}, and it ${works ? 'works' : 'fails'}`, () => {
      expect(onOld.get(each)).to.deep.equal({ status: 0, stdout: `${prints}\n`, stderr: '' });
      const said = judged.get(tagOf(each));
      const findings = JSON.stringify(said?.findings, null, 2);
      expect(said?.verdict, findings).to.equal(verdict);
      const decisive = said?.findings.filter(
        ({ severity }) => severity === (verdict === 'BREAKS' ? 'breaks' : 'review'),
      );
      if (each.check !== undefined) {
        expect(
          decisive?.map(({ check }) => check),
          findings,
        ).to.include(each.check);
      }
      const { status, stdout, stderr } = onNew.get(each) ?? {};
      if (works)
        expect({ status, stdout }, stderr).to.deep.equal({ status: 0, stdout: `${prints}\n` });
      else expect(status, stdout).to.not.equal(0);
    });
  }

  it('is never SAFE before a failure, nor BREAKS before a success', () => {
    const wrong = TRUTH_CASES.filter(
      ({ verdict, works }) => (verdict === 'SAFE' && !works) || (verdict === 'BREAKS' && works),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('is the table of the README', () => {
    const rows = readFileSync(README, 'utf8').split('\n').map(cellsOf);
    for (const { what, verdict, works } of TRUTH_CASES) {
      expect(rows).to.deep.include([what, verdict, works ? 'works' : 'fails']);
    }
  });
});

/** Bases and applications. */
async function prepare(engine: Engine): Promise<void> {
  const [programs, packages] = await Promise.all([importSmall(engine), importDebian(engine)]);
  await inTurns(TRUTH_CASES, (each) => buildApp(engine, each, { programs, ...packages }));
}

async function importSmall(engine: Engine): Promise<Programs> {
  const programs = await compilePrograms();
  await inTurns(Object.entries(truthBases(programs)), async ([tag, { files, ...options }]) => {
    await importBase(engine, tag, files, options);
  });
  return programs;
}

async function importDebian(engine: Engine): Promise<Omit<Parts, 'programs'>> {
  const [twelve, thirteen, packages12, packages13] = await Promise.all([
    debootstrap('bookworm'),
    debootstrap('trixie'),
    debianPackages('bookworm', PACKAGES),
    debianPackages('trixie', PACKAGES),
  ]);
  await importTree(engine, 'debian:12', twelve);
  writeFiles(twelve, { 'etc/debian_version': '12.99\n', 'usr/share/security-fix': 'applied\n' });
  await importTree(engine, 'debian:12-patched', twelve);
  await importTree(engine, 'debian:13', thirteen);
  for (const rootfs of [twelve, thirteen]) sweepFolder(dirname(rootfs));
  return { packages12, packages13 };
}

function tagOf({ what }: TruthCase): string {
  return `app:${what.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;
}

async function buildApp(engine: Engine, each: TruthCase, parts: Parts): Promise<void> {
  const files = Object.entries(each.files?.(parts) ?? {});
  const copy = files.length === 0 ? [] : ['COPY root/ /'];
  await buildImage(engine, tagOf(each), [`FROM ${each.base}`, ...copy, ...each.lines].join('\n'), {
    files: Object.fromEntries(files.map(([path, file]) => [`root/${path}`, file])),
  });
}

function runApp(engine: Engine, each: TruthCase): Promise<CommandResult> {
  return engine.dockerTry('run', '--rm', '--network', 'none', tagOf(each));
}

async function judge(
  engine: Engine,
  references: readonly string[],
  onto: string,
): Promise<readonly Judged[]> {
  const result = await rebaseImage(['check', ...references, '--onto', onto, '--json'], { engine });
  expect(result.status, result.stderr).to.be.oneOf([0, 3]);
  return (JSON.parse(result.stdout) as { readonly images: readonly Judged[] }).images;
}

/** The cells of a table's row in Markdown. */
function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** Does something for each, a few at a time. */
async function inTurns<T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...list];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
