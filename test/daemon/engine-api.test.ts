import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { expect } from 'chai';

import { connectEngine } from '../../src/daemon/engine-api.ts';
import { fakeEngine, type FakeAnswer, type FakeEngine } from './fake-engine.ts';
import { rejection } from './rejection.ts';
import { tempFolder } from './temp-folder.ts';

const ID = `sha256:${'a'.repeat(64)}`;

describe('engine-api', () => {
  const folder = tempFolder();
  let server: FakeEngine | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function serve(answers: Record<string, FakeAnswer>) {
    const socketPath = join(folder(), 's');
    server = await fakeEngine(socketPath, answers);
    return { engine: connectEngine(socketPath, { timeoutMs: 60_000 }), calls: server.calls };
  }

  /** Answers whatever comes with these bytes. */
  async function answerRaw(answer: string, then?: 'and hang up'): Promise<void> {
    const listening = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        if (then === undefined) socket.write(answer);
        else socket.end(answer);
      });
    });
    listening.listen(join(folder(), 's'));
    await once(listening, 'listening');
    server = {
      calls: [],
      close: () => {
        listening.close();
        return Promise.resolve();
      },
    };
  }

  describe('ping', () => {
    it('is true when a daemon answers', async () => {
      const { engine } = await serve({ 'GET /_ping': {} });
      expect(await engine.ping()).to.equal(true);
    });

    it('is false when there is no socket', async () => {
      expect(await connectEngine(join(folder(), 'none')).ping()).to.equal(false);
    });

    it('is false when the socket was left behind by a daemon that is gone', async () => {
      const { engine } = await serve({ 'GET /_ping': {} });
      expect(await engine.ping()).to.equal(true);
      await server?.close();
      server = undefined;
      expect(await engine.ping()).to.equal(false);
    });

    it('finds the daemon again after its restart', async () => {
      const { engine } = await serve({ 'GET /_ping': {} });
      await engine.ping();
      await server?.close();
      await serve({ 'GET /_ping': {} });
      expect(await engine.ping()).to.equal(true);
    });

    it('throws when somebody listens and does not answer', async () => {
      const { engine } = await serve({ 'GET /_ping': 'silence' });
      const error = await rejection('DAEMON_FAILED', () => engine.ping({ timeoutMs: 50 }));
      expect(error.message).to.equal('dockerd did not answer GET /_ping within 0.05 s');
    });

    it('throws when what listens wants to speak another protocol', async () => {
      await answerRaw(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      );
      const engine = connectEngine(join(folder(), 's'));
      const error = await rejection('DAEMON_FAILED', () => engine.ping());
      expect(error.message).to.contain('closed without an answer');
    });

    it('is false when the daemon goes in the middle of its answer', async () => {
      await answerRaw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'and hang up');
      expect(await connectEngine(join(folder(), 's')).ping()).to.equal(false);
    });

    it('throws when the daemon stops in the middle of its answer', async () => {
      await answerRaw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      const engine = connectEngine(join(folder(), 's'));
      const error = await rejection('DAEMON_FAILED', () => engine.ping({ timeoutMs: 50 }));
      expect(error.message).to.contain('did not answer GET /_ping within 0.05 s');
    });

    it('is false when the path is a plain file', async () => {
      writeFileSync(join(folder(), 'file'), '');
      expect(await connectEngine(join(folder(), 'file')).ping()).to.equal(false);
    });
  });

  it('reads info', async () => {
    const { engine } = await serve({
      'GET /info': {
        body: {
          DockerRootDir: '/var/lib/docker',
          Driver: 'overlay2',
          DriverStatus: [['Backing Filesystem', 'extfs'], ['odd']],
          ServerVersion: '20.10.24+dfsg1',
          LiveRestoreEnabled: false,
          Name: 'vm',
        },
      },
    });
    expect(await engine.info()).to.deep.equal({
      dockerRootDir: '/var/lib/docker',
      driver: 'overlay2',
      driverStatus: [['Backing Filesystem', 'extfs']],
      serverVersion: '20.10.24+dfsg1',
      liveRestoreEnabled: false,
      name: 'vm',
    });
  });

  it('lists images, and tolerates what dockerd says for none', async () => {
    const { engine } = await serve({
      'GET /images/json?all=1': {
        body: [
          { Id: ID, RepoTags: ['a:1', 'b:2'], RepoDigests: null, ParentId: '' },
          { Id: ID, RepoTags: null, RepoDigests: ['<none>@<none>'], ParentId: ID },
          { Id: ID, RepoTags: ['<none>:<none>'], RepoDigests: ['a@sha256:1'] },
        ],
      },
    });
    expect(await engine.listImages()).to.deep.equal([
      { id: ID, repoTags: ['a:1', 'b:2'], repoDigests: [], parentId: '' },
      { id: ID, repoTags: [], repoDigests: [], parentId: ID },
      { id: ID, repoTags: [], repoDigests: ['a@sha256:1'], parentId: '' },
    ]);
  });

  it('inspects an image by name, slashes and all', async () => {
    const { engine } = await serve({
      'GET /images/reg.local%3A5000/a/b%3A1/json': { body: { Id: ID } },
    });
    expect(await engine.inspectImage('reg.local:5000/a/b:1')).to.deep.include({ id: ID });
    expect(await engine.inspectImage('absent')).to.equal(undefined);
  });

  it('lists and inspects containers', async () => {
    const { engine } = await serve({
      'GET /containers/json?all=1': {
        body: [
          {
            Id: 'c1',
            Names: ['/web'],
            Image: 'a:1',
            ImageID: ID,
            State: 'exited',
            Status: 'Exited (0)',
          },
        ],
      },
      'GET /containers/c1/json': {
        body: {
          Id: 'c1',
          Name: '/web',
          Image: ID,
          RestartCount: 2,
          Config: { Image: 'a:1' },
          State: { Status: 'running', Pid: 17, ExitCode: 0 },
          HostConfig: { AutoRemove: true, RestartPolicy: { Name: '', MaximumRetryCount: 0 } },
        },
      },
    });
    expect(await engine.listContainers()).to.deep.equal([
      {
        id: 'c1',
        names: ['web'],
        imageId: ID,
        image: 'a:1',
        state: 'exited',
        status: 'Exited (0)',
      },
    ]);
    expect(await engine.inspectContainer('c1')).to.deep.equal({
      id: 'c1',
      name: 'web',
      imageId: ID,
      image: 'a:1',
      state: 'running',
      pid: 17,
      exitCode: 0,
      restartCount: 2,
      restartPolicy: { name: 'no', maximumRetryCount: 0 },
      autoRemove: true,
    });
    expect(await engine.inspectContainer('gone')).to.equal(undefined);
  });

  it('tags, removes, stops and starts', async () => {
    const { engine, calls } = await serve({
      [`POST /images/sha256%3A${'a'.repeat(64)}/tag?repo=reg%2Fa&tag=1`]: { status: 201 },
      'DELETE /images/a%3A1?force=0&noprune=1': { body: [{ Untagged: 'a:1' }, { Deleted: ID }] },
      'POST /containers/c1/stop': { status: 204 },
      'POST /containers/c2/stop': { status: 304 },
      'POST /containers/c1/start': { status: 304 },
    });
    await engine.tagImage(ID, 'reg/a', '1');
    expect(await engine.removeImage('a:1', { noPrune: true })).to.deep.equal({
      untagged: ['a:1'],
      deleted: [ID],
    });
    expect(await engine.removeImage('gone')).to.deep.equal({ untagged: [], deleted: [] });
    await engine.stopContainer('c1');
    await engine.stopContainer('c2');
    await engine.stopContainer('gone');
    await engine.startContainer('c1');
    expect(calls).to.have.length(7);
  });

  describe('failures', () => {
    it("carry dockerd's own message", async () => {
      const { engine } = await serve({
        'GET /info': { status: 500, body: { message: 'disk on fire' } },
      });
      const error = await rejection('DAEMON_FAILED', () => engine.info());
      expect(error.message).to.equal('Error response from daemon: disk on fire');
    });

    it('are IN_USE for a conflict', async () => {
      const { engine } = await serve({
        'DELETE /images/a?force=0&noprune=0': {
          status: 409,
          body: { message: 'container c1 uses it' },
        },
      });
      await rejection('IN_USE', () => engine.removeImage('a'));
    });

    it('say which socket has no daemon', async () => {
      const error = await rejection('DAEMON_FAILED', () => connectEngine('/nonexistent/s').info());
      expect(error.message).to.equal('no Docker daemon answers at unix:///nonexistent/s');
    });

    it('name an answer that is not understood', async () => {
      const { engine } = await serve({ 'GET /images/json?all=1': { body: { no: 'list' } } });
      const error = await rejection('DAEMON_FAILED', () => engine.listImages());
      expect(error.message).to.contain('image list is not a list');
    });
  });
});
