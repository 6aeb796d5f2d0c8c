import { expect } from 'chai';

import { configFileOf, flagValues, socketPathsOf } from '../../src/daemon/dockerd-argv.ts';

describe('dockerd-argv', () => {
  it('knows every way to give a flag', () => {
    const argv = ['dockerd', '-H', 'a', '--host', 'b', '--host=c', '-Hd', '-H=e', '--hostile=f'];
    expect(flagValues(argv, 'host', 'H')).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
  });

  it('knows the configuration file', () => {
    expect(configFileOf(['dockerd'])).to.equal('/etc/docker/daemon.json');
    expect(configFileOf(['dockerd', '--config-file=/c.json'])).to.equal('/c.json');
  });

  const listening: [string, string[], string | undefined, string[]][] = [
    ['nothing said', [], undefined, ['/var/run/docker.sock']],
    ['systemd', ['-H', 'fd://', '--containerd=/run/c.sock'], undefined, ['/var/run/docker.sock']],
    [
      'two sockets',
      ['-H', 'unix:///a', '-H', 'unix://'],
      undefined,
      ['/a', '/var/run/docker.sock'],
    ],
    ['the configuration file', [], '{"hosts":["unix:///b","tcp://0.0.0.0:2376"]}', ['/b']],
    ['TCP only', ['-H', 'tcp://127.0.0.1:2375'], undefined, []],
    ['a file that does not parse', ['-H', 'unix:///a'], '{', ['/a']],
  ];
  for (const [what, flags, config, sockets] of listening) {
    it(`knows the sockets: ${what}`, () => {
      expect(socketPathsOf(['dockerd', ...flags], config)).to.deep.equal(sockets);
    });
  }
});
