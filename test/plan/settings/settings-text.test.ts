import { expect } from 'chai';

import { DELICATE_VALUES, LAYOUTS } from '../../domain/arbitrary-json.ts';
import { settingsIn } from '../../../src/plan/settings/read-settings.ts';
import { planSettings } from '../../../src/plan/settings/plan-settings.ts';
import { withSettings } from '../../../src/plan/settings/settings-text.ts';
import { configText, merged } from './example-settings.ts';

describe('plan/settings: settings-text', () => {
  for (const { name, print } of LAYOUTS) {
    it(`changes nothing but the values, laid out as before: ${name}`, () => {
      const app = { User: 'a', Env: ['A=1', 'X=x'], Labels: { a: '1', x: 'x' }, 'x-y': [1, {}] };
      const { text } = merged({
        app,
        oldBase: { User: 'a', Env: ['A=1'], Labels: { a: '1' } },
        newBase: { User: 'b', Env: ['A=2'], Labels: { a: '2' } },
        print,
      });
      const wanted = { ...app, User: 'b', Env: ['A=2', 'X=x'], Labels: { a: '2', x: 'x' } };
      expect(text).to.equal(configText(wanted, print));
    });
  }

  it('leaves what it does not touch byte for byte, numbers of 64 bits and escapes too', () => {
    const rest = DELICATE_VALUES.map((value, at) => `"x${String(at)}":${value}`).join(',');
    const config = `{"User":"a",${rest},"Cmd":[ "\\u0041" ]}`;
    const text = (user: string): string =>
      `{"config":${config.replace('"a"', user)},"container_config":{"User":"a"},"rootfs":{}}`;
    const { texts } = planSettings({
      app: settingsIn(text('"a"')),
      oldBase: settingsIn(text('"a"')),
      newBase: settingsIn(text('"b"')),
      own: [],
      labels: { name: undefined, digest: undefined },
      names: { image: 'app', oldBase: 'old', newBase: 'new' },
    });
    expect(withSettings(text('"a"'), texts, text('"b"'))).to.equal(text('"b"'));
  });

  it("puts a new field where dockerd's struct has it", () => {
    const app = { Hostname: '', AttachStdin: false, Env: null, Image: '', Labels: null };
    const { text } = merged({
      app,
      oldBase: {},
      newBase: { Healthcheck: { Test: ['NONE'] }, ExposedPorts: { '1/tcp': {} }, Shell: ['<'] },
    });
    expect(text).to.contain(
      '"AttachStdin":false,"ExposedPorts":{"1/tcp":{}},"Env":null,' +
        '"Healthcheck":{"Test":["NONE"]},"Image":"","Labels":null,"Shell":["<"]}',
    );
  });

  it('writes a field without a value as the new base does, where dockerd writes one', () => {
    const oldBase = { Labels: { a: '1' }, Volumes: { '/v': {} }, User: 'a' };
    const newBase = { Labels: {}, Volumes: null };
    const ofDockerd = { AttachStdin: false, ...oldBase };
    const emptied = { AttachStdin: false, Labels: {}, Volumes: null, User: '' };
    expect(merged({ app: ofDockerd, oldBase, newBase }).config).to.deep.equal(emptied);
    expect(merged({ app: oldBase, oldBase, newBase }).config).to.deep.equal({});
  });

  it("writes keys with Go's escapes", () => {
    const newBase = { Labels: { '<b>&\u2028\b': '1' } };
    const { text } = merged({ app: {}, oldBase: {}, newBase });
    expect(text).to.contain('"\\u003cb\\u003e\\u0026\\u2028\\u0008":"1"');
  });

  it('makes the settings of a config that has none', () => {
    const newBase = { Env: ['A=1'], Cmd: ['sh'] };
    expect(merged({ app: null, oldBase: null, newBase }).config).to.deep.equal(newBase);
  });

  it('refuses to guess which of two keys is meant, and not where Docker reads neither', () => {
    expect(() => settingsIn('{"config":{"Env":[],"env":[]}}')).to.throw(
      SyntaxError,
      /several keys/,
    );
    expect(() => settingsIn('{"config":{},"Config":{}}')).to.throw(SyntaxError, /several keys/);
    expect(settingsIn('{"config":{"x":1,"x":2}}')?.size).to.equal(0);
  });

  it('refuses what is nested too deeply for any reader, and nothing else', () => {
    for (let depth = 500; depth < 100_000; depth *= 2) {
      const nested = `{"config":{"x":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
      try {
        expect(settingsIn(nested)?.size).to.equal(1);
      } catch (error) {
        expect(error).to.be.instanceOf(SyntaxError);
      }
    }
  });

  it('knows no settings where config is no object', () => {
    expect(settingsIn('{"config":[]}')).to.equal(undefined);
    expect(settingsIn('{"config":null}')?.size).to.equal(0);
    expect(settingsIn('{}')?.size).to.equal(0);
  });
});
