import { expect } from 'chai';

import type { SettingChange } from '../../src/domain/settings.ts';
import { pageOf } from '../../src/render/page.ts';
import { settingDocuments } from '../../src/render/settings-json.ts';
import { settingsText } from '../../src/render/settings-text.ts';
import { exampleRebase, MY_ALPINE } from './example-report.ts';

const PAGE = pageOf({ color: false });

function setting(
  name: string,
  kind: SettingChange['kind'],
  [before, after = before]: readonly [string | undefined, (string | undefined)?],
): SettingChange {
  const [field = '', item] = name.split(' ');
  return { field, item, kind, before, after, oldBase: before, newBase: after };
}

describe('render/settings-text', () => {
  const shown = (settings: readonly SettingChange[], noTrunc = false): string[] =>
    settingsText(pageOf({ color: false, noTrunc }), exampleRebase({ ...MY_ALPINE, settings }));

  it('shows what is taken with its values, and names what stays', () => {
    const settings = [
      setting('Env JAVA', 'taken', ['"/opt/11"', '"/opt/17"']),
      setting('Env GONE', 'taken', ['"1"', undefined]),
      setting('Cmd', 'kept', ['["app"]']),
      setting('Volumes /a', 'agreed', ['{}']),
      setting('OnBuild', 'kept', [undefined]),
      setting('User', 'conflict', ['"x"']),
      setting('Labels org.opencontainers.image.base.name', 'updated', ['"a:1"', '"a:2"']),
    ];
    // "GONE" has no value any more; a missing second element would repeat the first.
    const [first, gone, ...rest] = settings;
    expect(shown([first!, { ...gone!, after: undefined }, ...rest])).to.deep.equal([
      '  SETTINGS   taken from alpine:3.12:',
      '             Env JAVA  "/opt/11" -> "/opt/17"',
      '             Env GONE  "1" -> (none)',
      '             brought up to date:',
      '             Labels org.opencontainers.image.base.name  "a:1" -> "a:2"',
      '             kept from the app: Cmd, Volumes /a',
      "             in conflict, the app's stays: User",
    ]);
  });

  it('says nothing where there is nothing, and that they are kept where that was asked for', () => {
    expect(shown([])).to.deep.equal([]);
    expect(settingsText(PAGE, exampleRebase({ ...MY_ALPINE, mode: 'keep' }))).to.deep.equal([
      '  SETTINGS   stay as they are (--config keep)',
    ]);
  });

  it('shortens long lists and values, and not with --no-trunc', () => {
    const many = Array.from({ length: 30 }, (_, at) =>
      setting(`Labels l${String(at)}`, 'taken', ['"1"', `"${'x'.repeat(500)}"`]),
    );
    expect(shown(many).join('\n')).to.contain('and 18 more: --no-trunc shows all');
    expect(shown(many).join('\n')).to.contain('xxx...');
    expect(shown(many, true)).to.have.length(31);
    expect(shown(many, true).join('\n')).not.to.contain('...');
  });

  it('prints no control character of an image', () => {
    const text = shown([
      setting('Labels \x1b[2J', 'taken', ['"\\u009b\u202e"', '"\x07"']),
      setting('Env \x1b]0;', 'kept', ['"\x1b"']),
    ]).join('\n');
    expect(text).to.match(/^[\x20-\x7e\n]*$/);
  });
});

describe('render/settings-json', () => {
  it('gives values, and null for what is not set', () => {
    const settings = [
      setting('Env A', 'taken', ['"1"', '"2"']),
      setting('Cmd', 'kept', [undefined]),
    ];
    expect(settingDocuments(settings)).to.deep.equal([
      {
        field: 'Env',
        item: 'A',
        kind: 'taken',
        before: '1',
        after: '2',
        oldBase: '1',
        newBase: '2',
      },
      {
        field: 'Cmd',
        item: null,
        kind: 'kept',
        before: null,
        after: null,
        oldBase: null,
        newBase: null,
      },
    ]);
  });
});
