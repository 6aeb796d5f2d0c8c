/** Images that share what is read of them: each is judged as if it were alone. */
import { expect } from 'chai';

import { checkRebase } from '../../src/api/check-rebase.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { buildStore, type BuiltStore, type ImageSpec } from '../support/store-builder.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { fastDir, openStopped } from './stopped-store.ts';

/** Each has its own release of the message, and the interpreter of the app's program. */
function oldBase(name: string): ImageSpec {
  const files = { 'etc/motd': name, 'usr/bin/tool': { mode: 0o755, content: '#!/bin/sh' } };
  return { name, tags: [`${name}:1`], layers: [{ files }] };
}

/** The same layer on one base and on the other. */
function app(from: string): ImageSpec {
  const program = { mode: 0o755, content: '#!/usr/bin/tool\n' };
  const layers = [{ files: { 'etc/motd': 'mine', 'usr/bin/app': program } }];
  return { name: `app-${from}`, from, tags: [`app:${from}`], layers };
}

describe('api: check of images that share a layer', () => {
  let store: BuiltStore;

  before(async () => {
    store = await buildStore(fastDir(), {
      images: [
        oldBase('one'),
        oldBase('two'),
        {
          name: 'new',
          tags: ['new:1'],
          layers: [{ files: { 'etc/motd': 'new', 'usr/bin': { kind: 'dir' } } }],
        },
        app('one'),
        app('two'),
      ],
    });
  });
  after(removeTempDirs);

  async function findings(...images: string[]): Promise<string[][]> {
    const open = await openStopped(store.root);
    const { plan } = checkRebase(open, { images, onto: 'new:1', allow: new Set() });
    return plan.images.map((image) => (image.kind === 'rebase' ? image.findings.map(said) : []));
  }

  function said({ check, severity, path }: Finding): string {
    return `${check} ${severity} ${path ?? ''}`;
  }

  it('on two old bases: what is wrong with one is wrong with the other', async () => {
    const [one = [], two = []] = await findings('app:one', 'app:two');
    expect(one).to.deep.equal(['missing review /usr/bin/app', 'shadowed review /etc/motd']);
    expect(two).to.deep.equal(one);
    expect(two).to.deep.equal((await findings('app:two'))[0]);
  });
});
