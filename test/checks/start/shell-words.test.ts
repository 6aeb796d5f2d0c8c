import { expect } from 'chai';

import { firstProgramOf } from '../../../src/checks/start/shell-words.ts';

describe('firstProgramOf', () => {
  const cases: [string, string | undefined][] = [
    ['nginx', 'nginx'],
    ['exec nginx -g "daemon off;"', 'nginx'],
    ['exec /srv/app $OPTIONS', '/srv/app'],
    ['PORT=80 node server.js', 'node'],
    ['cd /srv && exec node server.js', 'node'],
    ['set -e; umask 022; ./run', './run'],
    ['cd $HOME && node x', undefined],
    ["cd 'a;b' && node x", undefined],
    ['cd /a || exit 1; node x', undefined],
    ['$APP', undefined],
    ['"node" x', undefined],
    ['if true; then node; fi', undefined],
    ['while :; do node; done', undefined],
    ['(node x)', undefined],
    ['node|tee log', undefined],
    ['echo hi; node', undefined],
    ['', undefined],
    ['exec -a name node', undefined],
  ];
  for (const [line, program] of cases) {
    it(JSON.stringify(line), () => {
      expect(firstProgramOf(line)).to.equal(program);
    });
  }
});
