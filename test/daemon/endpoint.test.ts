import { createHash } from 'node:crypto';

import { expect } from 'chai';

import { chooseEndpoint, type EndpointRequest } from '../../src/daemon/endpoint.ts';
import { rejection } from './rejection.ts';

const CONFIG = '/root/.docker/config.json';

function choose(request: Partial<EndpointRequest>, files: Record<string, string> = {}): string {
  return chooseEndpoint({ env: {}, home: '/root', readText: (path) => files[path], ...request })
    .socketPath;
}

function context(name: string, host: string): Record<string, string> {
  const folder = createHash('sha256').update(name).digest('hex');
  return {
    [`/root/.docker/contexts/meta/${folder}/meta.json`]: JSON.stringify({
      Name: name,
      Endpoints: { docker: { Host: host } },
    }),
  };
}

describe('endpoint', () => {
  const everything = {
    host: 'unix:///flag',
    env: { DOCKER_HOST: 'unix:///env', DOCKER_CONTEXT: 'fromenv' },
  };
  const files = {
    [CONFIG]: '{"currentContext":"current"}',
    ...context('fromflag', 'unix:///context-flag'),
    ...context('fromenv', 'unix:///context-env'),
    ...context('current', 'unix:///context-current'),
  };

  it("follows docker's order", () => {
    const { env } = everything;
    expect(choose(everything, files)).to.equal('/flag');
    expect(choose({ context: 'fromflag', env }, files)).to.equal('/context-flag');
    expect(choose({ env }, files)).to.equal('/env');
    expect(choose({ env: { DOCKER_CONTEXT: 'fromenv' } }, files)).to.equal('/context-env');
    expect(choose({}, files)).to.equal('/context-current');
    expect(choose({})).to.equal('/var/run/docker.sock');
  });

  it('takes empty variables for unset ones', () => {
    expect(choose({ host: '', env: { DOCKER_HOST: '', DOCKER_CONTEXT: ' ' } })).to.equal(
      '/var/run/docker.sock',
    );
  });

  it('takes the context "default" for DOCKER_HOST or the default socket', () => {
    expect(choose({ context: 'default' }, files)).to.equal('/var/run/docker.sock');
    expect(choose({ context: 'default', env: everything.env }, files)).to.equal('/env');
  });

  it('looks into DOCKER_CONFIG instead of ~/.docker', () => {
    const elsewhere = { '/cfg/config.json': '{"currentContext":"default"}' };
    expect(choose({ env: { DOCKER_CONFIG: '/cfg' } }, { ...files, ...elsewhere })).to.equal(
      '/var/run/docker.sock',
    );
  });

  const refused: [string, Partial<EndpointRequest>, string][] = [
    ['both flags', { host: 'unix:///s', context: 'x' }, 'cannot be used together'],
    ['another host by flag', { host: 'tcp://10.0.0.1:2375' }, '--host names tcp://10.0.0.1:2375'],
    [
      'another host by variable',
      { env: { DOCKER_HOST: 'ssh://me@there' } },
      'DOCKER_HOST names ssh://me@there',
    ],
    [
      'a context that is not there',
      { context: 'nowhere' },
      'the docker context "nowhere" (--context) does not exist',
    ],
    ['a relative socket', { host: 'unix://run/s' }, 'not absolute'],
  ];
  for (const [what, request, message] of refused) {
    it(`refuses ${what}`, async () => {
      expect((await rejection('USAGE', () => choose(request, files))).message).to.contain(message);
    });
  }

  it('refuses a current context on another host, and a config that cannot be read', async () => {
    const remote = { [CONFIG]: '{"currentContext":"far"}', ...context('far', 'ssh://far') };
    expect((await rejection('USAGE', () => choose({}, remote))).message).to.contain(
      'names ssh://far',
    );
    await rejection('USAGE', () => choose({}, { [CONFIG]: '{' }));
    expect(choose({ host: 'unix:///s' }, { [CONFIG]: '{' })).to.equal('/s');
  });
});
