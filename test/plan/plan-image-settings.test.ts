/** The settings in a plan: where those of the two bases come from, and what is said without them. */
import { expect } from 'chai';

import type { PlannedRebase } from '../../src/domain/plan.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { diffIdOf, snapshotOf, type ExampleImage } from '../resolve/example-snapshot.ts';
import { refusal } from '../resolve/refusal.ts';
import { rebased } from './example-rebase.ts';

const OLD = base('base:1', ['a'], 'old');
const NEW = base('base:2', ['b'], 'new');
const APP: ExampleImage = {
  tags: ['my:1'],
  layers: ['a', 'x'],
  history: ['ADD a', 'ENV OWN=old (e)', 'RUN x'],
  extra: { config: { Env: ['V=old', 'OWN=old'], User: 'old' }, container_config: { User: 'old' } },
};
const REQUEST = { image: 'my:1', onto: 'base:2' };

function base(tag: string, layers: readonly string[], value: string): ExampleImage {
  return { tags: [tag], layers, extra: { config: { Env: [`V=${value}`], User: value } } };
}

function settingsOf({ after }: PlannedRebase): unknown {
  return (JSON.parse(after.configText) as { config: unknown }).config;
}

const MERGED = { Env: ['V=new', 'OWN=old'], User: 'new' };
const KEPT = { Env: ['V=old', 'OWN=old'], User: 'old' };

describe('plan-image: settings', () => {
  it('are merged, and container_config stays', () => {
    const plan = rebased(snapshotOf([OLD, NEW, APP]), REQUEST);
    expect(settingsOf(plan)).to.deep.equal(MERGED);
    expect(plan.after.configText).to.contain('"container_config":{"User":"old"}');
    expect(plan.config).to.equal('merge');
    expect(plan.settings.map(({ kind }) => kind)).to.deep.equal(['taken', 'taken', 'kept']);
    expect(plan.findings).to.deep.equal([]);
  });

  it('stay with keep, whatever the bases hold', () => {
    const odd = { ...NEW, extra: { config: { User: 'b', user: 'c' } } };
    const plan = rebased(snapshotOf([OLD, odd, APP]), { ...REQUEST, config: 'keep' });
    expect(settingsOf(plan)).to.deep.equal(KEPT);
    expect([plan.config, plan.settings, plan.findings]).to.deep.equal(['keep', [], []]);
  });

  it('stay where the old base is gone, and that is said', () => {
    for (const from of ['1', diffIdOf('a')]) {
      const plan = rebased(snapshotOf([NEW, APP]), { ...REQUEST, from });
      expect(settingsOf(plan)).to.deep.equal(KEPT);
      expect(
        plan.findings.map(({ check, severity, message }) => [check, severity, message]),
      ).to.deep.equal([
        ['config', 'note', 'the settings of its old base are not known: those of my:1 stay'],
      ]);
    }
  });

  it('are merged where --from counts the layers of an image that is here', () => {
    for (const from of ['1', diffIdOf('a')]) {
      const plan = rebased(snapshotOf([OLD, NEW, APP]), { ...REQUEST, from });
      expect(settingsOf(plan)).to.deep.equal(MERGED);
    }
  });

  it('are all its own with --from scratch', () => {
    const plan = rebased(snapshotOf([OLD, NEW, APP]), { ...REQUEST, from: 'scratch' });
    expect(settingsOf(plan)).to.deep.equal(KEPT);
    expect(plan.settings.map(({ kind }) => kind)).to.deep.equal(['conflict', 'conflict', 'kept']);
  });

  it('tell whose an instruction is by the history above the base, not by the base’s own', () => {
    const old = { ...OLD, history: ['ADD a', 'USER old (e)', 'ENV V=old (e)'] };
    const app = { ...APP, history: [...old.history, 'ENV OWN=old (e)', 'RUN x'] };
    expect(settingsOf(rebased(snapshotOf([old, NEW, app]), REQUEST))).to.deep.equal(MERGED);
    const own = { ...APP, history: [...old.history, 'USER old (e)', 'ENV V=old (e)', 'RUN x'] };
    expect(settingsOf(rebased(snapshotOf([old, NEW, own]), REQUEST))).to.deep.equal(KEPT);
  });

  it('tell it on a base without history too', () => {
    const old: ExampleImage = { ...OLD, history: 'absent' };
    const app = { ...APP, history: ['USER old (e)', 'RUN x'] };
    const plan = rebased(snapshotOf([old, NEW, app]), REQUEST);
    expect(settingsOf(plan)).to.deep.equal({ ...MERGED, User: 'old' });
  });

  it('name the new base in labels, with the digest by which the host has it', () => {
    const name = 'org.opencontainers.image.base.name';
    const digest = 'org.opencontainers.image.base.digest';
    const app = {
      ...APP,
      extra: { config: { Labels: { [digest]: 'sha256:1', [name]: 'base:1' } } },
    };
    const labelsIn = (snapshot: Snapshot): unknown => settingsOf(rebased(snapshot, REQUEST));
    const repoDigest = `sha256:${'d'.repeat(64)}`;
    const pulled = { ...NEW, tags: ['base:2', `base@${repoDigest}`] };
    const bare = { ...pulled, extra: { config: {} } };
    const old = { ...OLD, extra: {} };
    expect(labelsIn(snapshotOf([old, bare, app]))).to.deep.equal({
      Labels: { [digest]: repoDigest, [name]: 'base:2' },
    });
    expect(labelsIn(snapshotOf([old, { ...NEW, extra: {} }, app]))).to.deep.equal({
      Labels: { [name]: 'base:2' },
    });
  });

  it('of a base that cannot be read without guessing are a refusal that names it', () => {
    const odd = { ...NEW, extra: { config: { User: 'b', user: 'c' } } };
    const error = refusal(() => rebased(snapshotOf([OLD, odd, APP]), REQUEST));
    expect(error.code).to.equal('STORE_DAMAGED');
    expect(error.message).to.contain(
      'the config of base:2 is ambiguous: several keys read as "User"',
    );
  });

  it('that are no object stay, and that is said', () => {
    const odd = { ...NEW, extra: { config: ['User'] } };
    const plan = rebased(snapshotOf([OLD, odd, APP]), REQUEST);
    expect(settingsOf(plan)).to.deep.equal(KEPT);
    expect(plan.findings.map(({ message }) => message)).to.deep.equal([
      'the settings of base:2 are not known: those of my:1 stay',
    ]);
  });
});
