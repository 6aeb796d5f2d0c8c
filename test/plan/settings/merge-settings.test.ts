import { expect } from 'chai';

import { lines, merged, type ExampleMerge, type ExampleSettings } from './example-settings.ts';

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Case extends ExampleMerge {
  readonly gives: ExampleSettings | null;
  readonly says: readonly string[];
}

function check(cases: Readonly<Record<string, Case>>): void {
  for (const [name, { gives, says, ...images }] of Object.entries(cases)) {
    it(name, () => {
      const { config, changes } = merged(images);
      expect(config).to.deep.equal(gives);
      expect(lines(changes)).to.deep.equal(says);
    });
  }
}

describe('plan/settings: merge-settings', () => {
  describe('a field as a whole', () => {
    const user = (app: string, oldBase: string, newBase: string, gives: string, says: string) => ({
      app: { User: app },
      oldBase: { User: oldBase },
      newBase: { User: newBase },
      gives: { User: gives },
      says: says === '' ? [] : [`User ${says}`],
    });
    check({
      'that all three agree on': user('a', 'a', 'a', 'a', ''),
      "that is the old base's": user('a', 'a', 'b', 'b', 'taken'),
      "that is the image's own": user('x', 'a', 'a', 'x', 'kept'),
      'that the image has set as the new base has it': user('b', 'a', 'b', 'b', 'agreed'),
      'of which there are three': user('x', 'a', 'b', 'x', 'conflict'),
      'of which there are three, by an instruction': {
        ...user('x', 'a', 'b', 'x', 'kept'),
        own: ['/bin/sh -c #(nop)  USER x'],
      },
      "that is the old base's, by an instruction": {
        ...user('a', 'a', 'b', 'a', 'kept'),
        own: ['USER a'],
      },
      'that the new base does not set': {
        app: { StopSignal: 'SIGINT', User: 'a' },
        oldBase: { StopSignal: 'SIGINT', User: 'a' },
        newBase: {},
        gives: {},
        says: ['User taken', 'StopSignal taken'],
      },
      'that only the new base sets': {
        app: {},
        oldBase: { User: '' },
        newBase: { User: 'b', Healthcheck: { Test: ['NONE'] }, StopTimeout: 3, Shell: ['x'] },
        gives: { User: 'b', Healthcheck: { Test: ['NONE'] }, StopTimeout: 3, Shell: ['x'] },
        says: ['User taken', 'Healthcheck taken', 'StopTimeout taken', 'Shell taken'],
      },
      'that Docker does not know': {
        app: { 'x-new': 1, 'x-own': [2] },
        oldBase: { 'x-new': 1 },
        newBase: { 'x-new': { a: 1 } },
        gives: { 'x-new': { a: 1 }, 'x-own': [2] },
        says: ['x-new taken', 'x-own kept'],
      },
      'that names what the image was made from': {
        app: { Image: 'a', Hostname: 'h' },
        oldBase: { Image: 'a', Hostname: 'h' },
        newBase: { Image: 'b', Hostname: 'i' },
        gives: { Image: 'a', Hostname: 'h' },
        says: [],
      },
      'whose key is written in another case': {
        app: { user: 'a' },
        oldBase: { USER: 'a' },
        newBase: { User: 'b' },
        gives: { user: 'b' },
        says: ['User taken'],
      },
      'in an image without settings': {
        app: null,
        oldBase: null,
        newBase: { User: 'b' },
        gives: { User: 'b' },
        says: ['User taken'],
      },
    });
  });

  describe('Entrypoint and Cmd', () => {
    const old = { Entrypoint: ['/old'], Cmd: ['old'] };
    const next = { Entrypoint: ['/new'], Cmd: ['new'] };
    check({
      'of the old base: both of the new one': {
        app: old,
        oldBase: old,
        newBase: next,
        gives: next,
        says: ['Cmd taken', 'Entrypoint taken'],
      },
      'CMD alone goes with the new entrypoint': {
        app: { Entrypoint: ['/old'], Cmd: ['app'] },
        oldBase: old,
        newBase: next,
        own: ['CMD ["app"]'],
        gives: { Entrypoint: ['/new'], Cmd: ['app'] },
        says: ['Cmd kept', 'Entrypoint taken'],
      },
      "ENTRYPOINT takes the base's CMD away": {
        app: { Entrypoint: ['/app'], Cmd: null },
        oldBase: old,
        newBase: next,
        own: ['ENTRYPOINT ["/app"]'],
        gives: { Entrypoint: ['/app'], Cmd: null },
        says: ['Cmd kept', 'Entrypoint kept'],
      },
      'an entrypoint that no history explains keeps its arguments': {
        app: { Entrypoint: ['/app'], Cmd: ['old'] },
        oldBase: old,
        newBase: { Entrypoint: ['/old'], Cmd: ['new'] },
        gives: { Entrypoint: ['/app'], Cmd: ['old'] },
        says: ['Cmd kept', 'Entrypoint kept'],
      },
      'ENTRYPOINT [] is not the same as none': {
        app: { Entrypoint: [] },
        oldBase: { Entrypoint: null },
        newBase: { Entrypoint: null },
        gives: { Entrypoint: [] },
        says: ['Entrypoint kept'],
      },
    });
  });

  describe('Env', () => {
    const env = (
      app: string[] | null,
      oldBase: string[] | null,
      newBase: string[] | null,
      gives: string[] | undefined,
      says: string[],
      own: string[] = [],
    ): Case => ({
      app: { Env: app },
      oldBase: { Env: oldBase },
      newBase: { Env: newBase },
      own,
      gives: gives === undefined ? {} : { Env: gives },
      says: says.map((line) => `Env ${line}`),
    });
    check({
      "in the new base's order, the image's own after it": env(
        ['A=1', 'B=2', 'X=x'],
        ['A=1', 'B=2'],
        ['C=3', 'B=3', 'A=1'],
        ['C=3', 'B=3', 'A=1', 'X=x'],
        ['C taken', 'B taken', 'X kept'],
      ),
      'a variable that the new base has dropped': env(
        ['A=1', 'X=x'],
        ['A=1'],
        [],
        ['X=x'],
        ['A taken', 'X kept'],
      ),
      'no variable is left': env(['A=1'], ['A=1'], null, undefined, ['A taken']),
      'an own variable goes where its instruction stands': env(
        ['A=mine', 'X=x', 'Y=y'],
        ['A=1'],
        [],
        ['X=x', 'A=mine', 'Y=y'],
        ['A kept', 'X kept', 'Y kept'],
        ['ENV X=x A=mine', 'ENV Y=y'],
      ),
      'values with spaces and equals signs': env(
        ['A=b c=d', 'B=1'],
        ['A=b c=d', 'B=1'],
        ['A=x', 'B=2'],
        ['A=b c=d', 'B=2'],
        ['A kept', 'B taken'],
        ['/bin/bash -o pipefail -c #(nop)  ENV A=b c=d'],
      ),
      'an instruction that another one has overruled': env(
        ['A=old'],
        ['A=old'],
        ['A=new'],
        ['A=new'],
        ['A taken'],
        ['ENV A=other'],
      ),
      'names that differ in case': env(
        ['a=1', 'A=2'],
        ['a=1'],
        ['a=3'],
        ['a=3', 'A=2'],
        ['a taken', 'A kept'],
      ),
      "Docker's PATH stays where the new base has none": env(
        [DEFAULT_PATH, 'X=x'],
        [DEFAULT_PATH],
        ['N=1'],
        ['N=1', DEFAULT_PATH, 'X=x'],
        ['N taken', 'X kept'],
      ),
      "Docker's PATH goes where only the new base has one": env(
        [DEFAULT_PATH, 'X=x'],
        [],
        ['PATH=/new'],
        ['PATH=/new', 'X=x'],
        ['PATH taken', 'X kept'],
      ),
      'a list with a name twice is one value': {
        ...env(['A=1', 'A=2'], ['A=1', 'A=2'], ['B=1'], ['B=1'], []),
        says: ['Env taken'],
      },
      'an order that no build gives stays': env(
        ['X=x', 'A=1'],
        ['A=1'],
        ['N=1', 'A=2'],
        ['X=x', 'A=2', 'N=1'],
        ['N taken', 'A taken', 'X kept'],
      ),
    });
  });

  describe('Labels, ExposedPorts, Volumes', () => {
    check({
      'key by key, sorted as Go sorts them': {
        app: { Labels: { a: '1', x: 'x', '\u{1f433}': 'w' } },
        oldBase: { Labels: { a: '1' } },
        newBase: { Labels: { a: '2', '\uffee': 'n', __proto__x: 'p' } },
        gives: { Labels: { __proto__x: 'p', a: '2', x: 'x', '\uffee': 'n', '\u{1f433}': 'w' } },
        says: [
          'Labels __proto__x taken',
          'Labels a taken',
          'Labels x kept',
          'Labels \uffee taken',
          'Labels \u{1f433} kept',
        ],
      },
      'ports as EXPOSE names them': {
        app: { ExposedPorts: { '80/tcp': {}, '81/udp': {}, '8001/tcp': {}, '82/tcp': {} } },
        oldBase: { ExposedPorts: { '80/tcp': {}, '81/udp': {}, '8001/tcp': {}, '82/tcp': {} } },
        newBase: { ExposedPorts: { '90/tcp': {} } },
        own: ['/bin/sh -c #(nop)  EXPOSE 80', 'EXPOSE map[81/udp:{}]', 'EXPOSE 8000-8002'],
        gives: { ExposedPorts: { '80/tcp': {}, '8001/tcp': {}, '81/udp': {}, '90/tcp': {} } },
        says: [
          'ExposedPorts 80/tcp kept',
          'ExposedPorts 8001/tcp kept',
          'ExposedPorts 81/udp kept',
          'ExposedPorts 82/tcp taken',
          'ExposedPorts 90/tcp taken',
        ],
      },
      'volumes as VOLUME names them': {
        app: { Volumes: { '/a b': {}, '/old': {} } },
        oldBase: { Volumes: { '/a b': {}, '/old': {} } },
        newBase: {},
        own: ['VOLUME [/x /a b]'],
        gives: { Volumes: { '/a b': {} } },
        says: ['Volumes /a b kept', 'Volumes /old taken'],
      },
    });
  });

  describe('OnBuild', () => {
    check({
      'is not taken where the image has none': {
        app: { OnBuild: null },
        oldBase: { OnBuild: ['RUN a'] },
        newBase: { OnBuild: ['RUN b'] },
        gives: { OnBuild: null },
        says: ['OnBuild kept'],
      },
      'is taken where the image has its base’s': {
        app: { OnBuild: ['RUN a'] },
        oldBase: { OnBuild: ['RUN a'] },
        newBase: { OnBuild: ['RUN b'] },
        gives: { OnBuild: ['RUN b'] },
        says: ['OnBuild taken'],
      },
      'of its own stays': {
        app: { OnBuild: ['RUN x'] },
        oldBase: {},
        newBase: { OnBuild: ['RUN b'] },
        gives: { OnBuild: ['RUN x'] },
        says: ['OnBuild kept'],
      },
    });
  });

  describe('labels that name the base', () => {
    const NAME = 'org.opencontainers.image.base.name';
    const DIGEST = 'org.opencontainers.image.base.digest';
    const labels = (own: object, now: { name?: string; digest?: string }, gives: object): Case => ({
      app: { Labels: { ...own } },
      oldBase: {},
      newBase: {},
      labels: now,
      gives: { Labels: { ...gives } },
      says: Object.keys(own)
        .sort()
        .map((name) => `Labels ${name} updated`),
    });
    check({
      'are brought up to date': labels(
        { [NAME]: 'alpine:3.7', [DIGEST]: 'sha256:old' },
        { name: 'alpine:3.12', digest: 'sha256:new' },
        { [NAME]: 'alpine:3.12', [DIGEST]: 'sha256:new' },
      ),
      'keep the form in which they name it': labels(
        { [NAME]: 'docker.io/library/alpine:3.7' },
        { name: 'alpine:3.12' },
        { [NAME]: 'docker.io/library/alpine:3.12' },
      ),
      'go where it has no name': {
        ...labels({ [NAME]: 'alpine:3.7', [DIGEST]: 'sha256:old' }, {}, {}),
        gives: {},
      },
      'are like other labels where they are inherited': {
        app: { Labels: { [NAME]: 'scratch:1' } },
        oldBase: { Labels: { [NAME]: 'scratch:1' } },
        newBase: { Labels: { [NAME]: 'scratch:2' } },
        labels: { name: 'base:2' },
        gives: { Labels: { [NAME]: 'scratch:2' } },
        says: [`Labels ${NAME} taken`],
      },
    });
  });

  describe('findings', () => {
    const messages = (images: ExampleMerge): string[] =>
      merged(images).findings.map(
        ({ check: by, severity, message }) => `${by} ${severity}: ${message}`,
      );

    it('a conflict, with the three values', () => {
      const images = { app: { User: 'x' }, oldBase: { User: 'a' }, newBase: {} };
      expect(messages(images)).to.deep.equal([
        'config review: User: "x" in app:1, "a" in base:1, not set in base:2; that of app:1 stays',
      ]);
    });

    it("a variable that holds the old base's", () => {
      const own = ['ENV PATH=/opt/java-11/bin:/bin', 'ENV OTHER=/opt/java-110'];
      const images = {
        app: { Env: ['JAVA=/opt/java-11', 'PATH=/opt/java-11/bin:/bin', 'OTHER=/opt/java-110'] },
        oldBase: { Env: ['JAVA=/opt/java-11', 'PATH=/bin'] },
        newBase: { Env: ['JAVA=/opt/java-17', 'PATH=/bin'] },
        own,
      };
      expect(messages(images)).to.deep.equal([
        'config review: Env PATH holds "/opt/java-11", which is Env JAVA in base:1; ' +
          'in base:2 it is "/opt/java-17"',
      ]);
    });

    it('a PATH made longer, when the new base has another one', () => {
      const images = {
        app: { Env: ['PATH=/app:/old/bin'] },
        oldBase: { Env: ['PATH=/old/bin'] },
        newBase: { Env: ['PATH=/new/bin'] },
        own: ['ENV PATH=/app:/old/bin'],
      };
      expect(messages(images)).to.have.length(1);
    });

    it('a Cmd of its own for the Entrypoint of the old base', () => {
      const images = {
        app: { Entrypoint: ['wrap'], Cmd: ['--flag'] },
        oldBase: { Entrypoint: ['wrap'], Cmd: ['a'] },
        newBase: { Entrypoint: ['start'], Cmd: ['a'] },
        own: ['CMD ["--flag"]'],
      };
      expect(messages(images)).to.deep.equal([
        'config review: Cmd ["--flag"] of app:1 is for the Entrypoint of base:1, ["wrap"]; ' +
          'that of base:2 is ["start"]',
      ]);
      expect(messages({ ...images, app: { Entrypoint: ['wrap'], Cmd: ['a'] }, own: [] })).to.be
        .empty;
    });

    it('none for what is only taken and kept', () => {
      const images = {
        app: { Env: ['A=1', 'X=longer'], Cmd: ['x'], Labels: { l: '1' } },
        oldBase: { Env: ['A=1'], Cmd: ['a'], Labels: { l: '1' } },
        newBase: { Env: ['A=2'], Cmd: ['b'], Labels: { l: '2' } },
        own: ['CMD ["x"]'],
      };
      expect(messages(images)).to.deep.equal([]);
    });
  });
});
