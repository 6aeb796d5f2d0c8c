import { expect } from 'chai';

import { programsOfLine, wordsOfScript } from '../../../src/checks/start/shell-words.ts';

describe('programsOfLine', () => {
  // `?` behind those whose failure the line survives.
  const cases: [string, string][] = [
    ['nginx', 'nginx'],
    ['nginx;', 'nginx'],
    ['exec nginx -g "daemon off;"', 'nginx'],
    ['nginx -g "a || b"', 'nginx'],
    ['exec /srv/app $OPTIONS', '/srv/app'],
    ['PORT=80 node server.js', 'node'],
    ['cd /srv && exec node server.js', 'node'],
    ['set -e; umask 022; ./run', './run'],
    ['migrate && node x', 'migrate node'],
    ['migrate && node x || exit 1', 'migrate? node?'],
    ['migrate; node x', 'migrate? node'],
    ['set -e; migrate; node x', 'migrate node'],
    ['fast || slow', 'fast? slow?'],
    ['agent & node x', 'agent? node?'],
    ['agent 2>&1 && node x', 'agent node'],
    ['exec node x; never', 'node'],
    ['cd $HOME && node x', ''],
    ["cd 'a;b' && node x", ''],
    ['cd /a || exit 1; node x', ''],
    ['$APP', ''],
    ['"node" x', ''],
    ['if true; then node; fi', ''],
    ['while :; do node; done', ''],
    ['(node x)', ''],
    ['node|tee log', 'node? tee?'],
    ['echo hi; node', ''],
    ['', ''],
    ['exec -a name node', ''],
    ['a;'.repeat(201), ''],
  ];
  for (const [line, programs] of cases) {
    it(JSON.stringify(line.slice(0, 80)), () => {
      const found = programsOfLine(line).map(({ name, decides }) => name + (decides ? '' : '?'));
      expect(found.join(' ')).to.equal(programs);
    });
  }
});

describe('wordsOfScript', () => {
  it('finds commands wherever they stand, and files that are read', () => {
    const script = `#!/bin/sh
# not me
. /lib/functions
. ./relative
if command -v tool >/dev/null; then
  A=b exec gosu worker "$@"
fi
x=$(first | second) || third
case $1 in start) fourth;; esac
`;
    expect(wordsOfScript(script)).to.deep.equal({
      programs: ['gosu', 'first', 'second', 'third', 'fourth'],
      sourced: ['/lib/functions'],
    });
  });
});
