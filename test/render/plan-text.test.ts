import { expect } from 'chai';
import { rebasesOf } from '../../src/domain/plan.ts';
import { finding } from '../../src/domain/finding.ts';
import type { PlanReport } from '../../src/domain/report.ts';
import { renderPlan } from '../../src/render/plan-text.ts';
import {
  ALPINE_312,
  ALPINE_37,
  baseOf,
  diffIdOf,
  exampleContainer,
  exampleRebase,
  exampleReport,
  MY_ALPINE,
} from './example-report.ts';

const PLATFORM = finding(
  'platform',
  'breaks',
  'the image is for linux/amd64, the new base for linux/arm64',
);

function plain(report: PlanReport, noTrunc = false): string {
  return renderPlan(report, { color: false, noTrunc });
}

describe('render/plan-text', () => {
  it('shows the whole of one image', () => {
    const rebase = exampleRebase(MY_ALPINE);
    const [curl, app] = [short(diffIdOf('curl')), short(diffIdOf('app'))];
    const [a37, a312] = [short(diffIdOf('alpine-3.7')), short(diffIdOf('alpine-3.12'))];
    const ids = `${short(rebase.before.imageId)} -> ${short(rebase.after.imageId)}`;
    const [first, second] = exampleReport().bound.layers;
    const report = exampleReport([MY_ALPINE], {
      containers: [exampleContainer('/web-1'), exampleContainer('job-7', { running: false })],
      restart: { comeBack: ['web-1'], stayDown: ['db'], deleted: ['tmp'], startedToo: ['cron'] },
    });
    expect(plain(report).split('\n')).to.deep.equal([
      'Host: overlay2 in /var/lib/docker, dockerd 20.10.24 running',
      '',
      'my-alpine:3.7',
      `  IMAGE ID   ${ids}`,
      '  BASE       alpine:3.7 (1 layer) -> alpine:3.12 (1 layer)',
      '             old base: its layer is how the image begins',
      '  VERDICT    SAFE',
      `  TAGS       my-alpine:3.7  ${ids}`,
      '',
      '  LAYERS, top layer first',
      '    BEFORE (3 layers)                              AFTER (3 layers, 2 kept)',
      `    = ${app}  COPY dir:0c2f4e8815d3 in /app  = ${app}  kept`,
      `    = ${curl}  RUN apk add --no-cache curl    = ${curl}  kept`,
      `    - ${a37}  alpine:3.7                     + ${a312}  alpine:3.12`,
      '',
      `  IMAGE JSON (imagedb/content/sha256) ${ids}`,
      '    @@ history @@',
      '    - 2019-03-07 22:19:46  ADD file:aa17928040e31624c in /',
      '    - 2019-03-07 22:19:46  CMD ["/bin/sh"]  (no layer)',
      '    + 2020-05-29 21:19:46  ADD file:c92c248239f8c7b9b in /',
      '    + 2020-05-29 21:19:46  CMD ["/bin/sh"]  (no layer)',
      '      2019-04-01 10:00:00  RUN apk add --no-cache curl',
      '      2019-04-01 10:00:07  COPY dir:0c2f4e8815d3 in /app',
      '      2019-04-01 10:00:08  CMD ["/app/run"]  (no layer)',
      '    @@ rootfs.diff_ids @@',
      `    - sha256:${a37}  alpine:3.7`,
      `    + sha256:${a312}  alpine:3.12`,
      `      sha256:${curl}  RUN apk add --no-cache curl`,
      `      sha256:${app}  COPY dir:0c2f4e8815d3 in /app`,
      '',
      'Store: 2 layers to add (each in layerdb and overlay2), 1 image JSON',
      '  CHAIN ID       PARENT         CACHE ID       LINK           SOURCE CACHE ID',
      ...[first!, second!].map(
        ({ chainId, parent, cacheId, source }) =>
          `  ${short(chainId)}   ${short(parent!)}   ${cacheId.slice(0, 12)}   ABCDEFGHIJKL   ` +
          source.cacheId.slice(0, 12),
      ),
      'Cost: 123 kB, 34 inodes (--clone auto)',
      '      instead: link 0 B, 12 inodes; copy 4.41 MB, 40 inodes',
      'Containers: 2 (1 running) keep their old image',
      '  NAME    CONTAINER ID   STATUS    IMAGE',
      `  web-1   ${exampleContainer('/web-1').id.slice(0, 12)}   running   my-alpine:3.7`,
      `  job-7   ${exampleContainer('job-7').id.slice(0, 12)}   stopped   my-alpine:3.7`,
      'Restart: dockerd reads the result at its next start. Containers that',
      '  come back: web-1',
      '  would stay down (they are started again): db',
      '  are DELETED (--rm; needs --allow autoremove): tmp',
      '  do not run now and start with dockerd: cron',
      '',
      'Plan: 1 to rebase, 0 unchanged.',
      '',
    ]);
  });

  it('lists the tags and digests that stay on the old image', () => {
    const report = exampleReport();
    const old = rebasesOf(report.plan)[0]!.before.imageId;
    const text = renderPlan(
      { ...report, keptTags: new Map([[old, ['my-alpine:prod', 'my-alpine:qa']]]) },
      { color: false },
    );
    expect(text).to.contain('on the old image stay: my-alpine:prod, my-alpine:qa');
  });

  it('says when dockerd does not run', () => {
    const text = plain(
      exampleReport([MY_ALPINE], { daemon: { running: false, version: undefined, livingOn: [] } }),
    );
    expect(text).to.include('Host: overlay2 in /var/lib/docker, dockerd not running\n');
    expect(text).not.to.include('Restart');
  });

  it('shows findings with hint, how to waive a check, and what is refused', () => {
    const hinted = finding('old-image', 'note', 'm', { hint: 'h' });
    const text = plain(exampleReport([{ ...MY_ALPINE, findings: [PLATFORM, hinted] }]));
    expect(text).to.include(
      [
        '  VERDICT    BREAKS',
        '             platform (breaks): the image is for linux/amd64, the new base for',
        '             linux/arm64',
        '             hint: --allow platform waives this check',
        '             note: m',
        '             hint: h',
      ].join('\n'),
    );
    expect(text).to.match(
      /Plan: 1 to rebase, 0 unchanged\.\nRefused, verdict BREAKS: my-alpine:3\.7\n$/,
    );
  });

  it('marks a waived finding as allowed', () => {
    const image = { ...MY_ALPINE, findings: [PLATFORM], allowed: ['platform'] };
    const text = plain(exampleReport([image]));
    expect(text).to.include('  VERDICT    REVIEW\n');
    expect(text).to.include('platform (breaks, allowed): the image is for');
    expect(text).not.to.include('waives');
    expect(text).not.to.include('Refused');
  });

  it('says that there is nothing to do', () => {
    const { before, reference } = exampleRebase(MY_ALPINE);
    const report = exampleReport([], {
      plan: {
        images: [
          {
            kind: 'nothing',
            reference,
            imageId: before.imageId,
            reason: 'already on alpine:3.12',
          },
          {
            kind: 'nothing',
            reference: 'b:1',
            imageId: before.imageId,
            reason: 'on alpine:3.12 it would be the same image',
          },
        ],
      },
    });
    expect(plain(report).split('\n')).to.deep.equal([
      'Host: overlay2 in /var/lib/docker, dockerd 20.10.24 running',
      '',
      'my-alpine:3.7 is already on alpine:3.12; nothing to do',
      'b:1: on alpine:3.12 it would be the same image; nothing to do',
      '',
      'Plan: 0 to rebase, 2 unchanged.',
      '',
    ]);
  });

  it('names new tags, tags taken from other images, and what is reused in the store', () => {
    const rebase = exampleRebase(MY_ALPINE);
    const other = exampleRebase({ ...MY_ALPINE, appLayers: ['x', 'y'] }).before.imageId;
    const { before, after } = rebase;
    const report = exampleReport([MY_ALPINE], {
      names: new Map([[other, 'web:1']]),
      plan: {
        images: [
          {
            ...rebase,
            tags: [
              { repository: 'web', key: 'web:2', before: other, after: after.imageId },
              { repository: 'my', key: 'my:old', before: undefined, after: before.imageId },
            ],
          },
        ],
      },
      bound: {
        ...exampleReport().bound,
        layers: [],
        reused: after.chainIds.slice(1),
        committed: ['c'.repeat(64)],
      },
    });
    const text = plain(report);
    expect(text).to.include(
      `  TAGS       web:2  ${short(other)} (web:1) -> ${short(after.imageId)}\n` +
        `             my:old  new -> ${short(before.imageId)}\n`,
    );
    expect(text).to.include('Store: no layer to add, 1 image JSON\n  2 layers are there already');
    expect(text).to.include(`\n  1 layer of the store gets its first child`);
    expect(text).to.include('committed: cccccccccccc\n');
  });

  it('pairs shared base layers, and puts replaced ones side by side from the top', () => {
    const old = { ...baseOf('d:1', 2), layers: ['shared', 'old'] };
    const next = { ...baseOf('d:2', 3), layers: ['shared', 'new1', 'new2'] };
    const text = plain(exampleReport([{ ...MY_ALPINE, oldBase: old, newBase: next }]));
    const stack = text.split('\n').filter((line) => /^ {4}[-= ].*\d\/\d d:/.test(line));
    expect(stack.slice(0, 3).map((line) => line.replace(/ +/g, ' '))).to.deep.equal([
      ` - ${short(diffIdOf('old'))} 2/2 d:1 + ${short(diffIdOf('new2'))} 3/3 d:2`,
      ` + ${short(diffIdOf('new1'))} 2/3 d:2`,
      ` = ${short(diffIdOf('shared'))} 1/2 d:1 = ${short(diffIdOf('shared'))} 1/3 d:2`,
    ]);
  });

  it('shows any other field of the JSON that differs, by its path', () => {
    const text = plain(
      exampleReport([
        {
          ...MY_ALPINE,
          config: {
            before: { Env: ['A=1', 'B=2', 'C=3'], Labels: { 'a.b': 'x' }, User: 'root' },
            after: { Env: ['A=1', 'B=3', 'C=3'], Labels: { 'a.b': 'y' } },
          },
        },
      ]),
    );
    expect(text).to.include(
      [
        '    @@ config.Env @@',
        '      "A=1"',
        '    - "B=2"',
        '    + "B=3"',
        '      "C=3"',
        '    @@ config.Labels["a.b"] @@',
        '    - "x"',
        '    + "y"',
        '    @@ config.User @@',
        '    - "root"',
        '    @@ history @@',
      ].join('\n'),
    );
  });

  it('prints history entries whole when their lines would read the same', () => {
    const [entry] = ALPINE_37.history;
    const text = plain(
      exampleReport([
        {
          ...MY_ALPINE,
          oldBase: { ...ALPINE_37, history: [{ ...entry, created: '2020-01-01T00:00:00.1Z' }] },
          newBase: { ...ALPINE_312, history: [{ ...entry, created: '2020-01-01T00:00:00.2Z' }] },
        },
      ]),
    );
    expect(text).to.include('    - {"created":"2020-01-01T00:00:00.1Z"');
    expect(text).to.include('    + {"created":"2020-01-01T00:00:00.2Z"');
  });

  it('survives an image without history', () => {
    const none = { appHistory: [], oldBase: { ...ALPINE_37, history: [] } };
    const text = plain(exampleReport([{ ...MY_ALPINE, ...none }]));
    expect(text).to.include(`= ${short(diffIdOf('app'))}  (not in the history)`);
  });

  it('colours when asked to, and only then; the words are the same', () => {
    const report = exampleReport([{ ...MY_ALPINE, findings: [PLATFORM] }]);
    const colored = renderPlan(report, { color: true, noTrunc: false });
    expect(colored).to.include('\x1b[1mmy-alpine:3.7\x1b[22m');
    expect(colored).to.match(/\x1b\[31m- [0-9a-f]{12} {2}alpine:3\.7/);
    expect(colored).to.match(/\x1b\[32m\+ [0-9a-f]{12} {2}alpine:3\.12\x1b/);
    expect(colored.replace(/\x1b\[\d+m/g, '')).to.equal(plain(report));
  });
});

function short(digest: string): string {
  return digest.slice('sha256:'.length).slice(0, 12);
}
