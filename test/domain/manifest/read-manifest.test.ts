import { expect } from 'chai';
import fc from 'fast-check';

import { readManifest } from '../../../src/domain/manifest/read-manifest.ts';
import { RebaseError } from '../../../src/errors.ts';

function problemsOf(text: string): string {
  try {
    readManifest(text, 'bases.yaml');
  } catch (error) {
    if (!(error instanceof RebaseError)) throw error;
    expect(error.code).to.equal('BAD_MANIFEST');
    return [error.message, error.hint].join(' | ');
  }
  throw new Error('it was read');
}

describe('domain/manifest/read-manifest', () => {
  it('fills the defaults into each entry, and adds up what is allowed', () => {
    const text = `
version: 1
defaults:
  onto: alpine:3.12
  from: alpine:3.7
  allow: distro
rebases:
  - image: my-alpine:3.7
    onto: alpine:3.13
    allow: [libc, distro]
    config: keep
  - match: team/*
    exclude: ['team/db', 'team/cache:*']
    tag: '{repository}:{tag}-rebased'
`;
    expect(readManifest(text, 'bases.yaml').rebases).to.deep.equal([
      {
        place: 'bases.yaml:8:5: rebases[0]',
        target: { kind: 'image', image: 'my-alpine:3.7' },
        onto: 'alpine:3.13',
        from: 'alpine:3.7',
        tag: undefined,
        config: 'keep',
        allow: ['distro', 'libc'],
      },
      {
        place: 'bases.yaml:12:5: rebases[1]',
        target: { kind: 'match', match: ['team/*'], exclude: ['team/db', 'team/cache:*'] },
        onto: 'alpine:3.12',
        from: 'alpine:3.7',
        tag: '{repository}:{tag}-rebased',
        config: undefined,
        allow: ['distro'],
      },
    ]);
  });

  it('reads JSON, indented by tabs too', () => {
    const text = JSON.stringify({ version: 1, rebases: [{ image: 'a', onto: 'b' }] }, null, '\t');
    expect(readManifest(text, '-').rebases).to.have.length(1);
  });

  it('leaves out what is not enabled, and checks it all the same', () => {
    const off = 'version: 1\nrebases:\n  - {image: a, onto: b, enabled: false}\n';
    expect(readManifest(off, 'f').rebases).to.deep.equal([]);
    expect(problemsOf(off.replace('onto: b', 'onto: 1'))).to.contain('1 is no text here');
  });

  const wrong: [string, string, string][] = [
    [
      'a tag that YAML takes for a number',
      'version: 1\nrebases:\n  - image: a\n    onto: 3.10\n',
      'bases.yaml:4:11: rebases[0].onto: 3.10 is no text here; write "3.10" in quotes',
    ],
    [
      'a duplicate key',
      'version: 1\nrebases:\n  - image: a\n    onto: b\n    onto: c\n',
      'bases.yaml:5:5: rebases[0].onto: is given twice',
    ],
    [
      'an unknown key',
      'version: 1\nrebases:\n  - image: a\n    onto: b\n    ontoo: c\n',
      'bases.yaml:5:5: rebases[0].ontoo: there is no such key',
    ],
    [
      'an unknown key at the top',
      'version: 1\nrebase: []\n',
      'bases.yaml:2:1: rebase: there is no',
    ],
    [
      'an anchor',
      'version: 1\nrebases:\n  - &a {image: a, onto: b}\n',
      'bases.yaml:3:8: &a: anchors are not supported',
    ],
    ['an alias', 'version: 1\nrebases:\n  - {image: a, onto: b}\n  - *a\n', '*a'],
    ['a tag', 'version: 1\nrebases:\n  - {image: !!binary aGk=, onto: b}\n', 'tags are not'],
    ['a merge key', 'version: 1\n<<: {a: 1}\nrebases: []\n', '<<: there is no such key'],
    ['two documents', 'version: 1\n---\nversion: 1\n', 'a manifest is one document'],
    ['no document', '# nothing\n', 'the manifest is empty'],
    ['a list', '- image: a\n', 'the manifest: must be a mapping'],
    ['no version', 'rebases:\n  - {image: a, onto: b}\n', 'version: is missing; write version: 1'],
    ['a newer version', 'version: 2\nrebases:\n  - {image: a, onto: b}\n', '2 is not known here'],
    ['no entry', 'version: 1\nrebases: []\n', 'rebases: must be a list of at least one entry'],
    ['an entry without image', 'version: 1\nrebases:\n  - onto: b\n', 'names no image'],
    [
      'an entry with image and match',
      'version: 1\nrebases:\n  - {image: a, match: b, onto: c}\n',
      'has image and match; one of them',
    ],
    [
      'exclude without match',
      'version: 1\nrebases:\n  - {image: a, exclude: b, onto: c}\n',
      'rebases[0].exclude: goes with match only',
    ],
    ['no onto', 'version: 1\nrebases:\n  - image: a\n', 'rebases[0].onto: is missing'],
    ['no value', 'version: 1\nrebases:\n  - {image: a, onto: }\n', 'rebases[0].onto: has no value'],
    [
      'a switch of YAML 1.1',
      'version: 1\nrebases:\n  - {image: a, onto: b, enabled: no}\n',
      'rebases[0].enabled: must be true or false',
    ],
    [
      'an unknown check',
      'version: 1\ndefaults: {allow: [lib]}\nrebases:\n  - {image: a, onto: b}\n',
      'defaults.allow: there is no check lib',
    ],
    [
      'an unknown config mode',
      'version: 1\nrebases:\n  - {image: a, onto: b, config: mix}\n',
      'rebases[0].config: must be merge or keep',
    ],
    ['broken YAML', 'a: b: c\n', 'bases.yaml:1:4: '],
    ['an empty text', "version: 1\nrebases:\n  - {image: ' ', onto: b}\n", 'image: is empty'],
  ];
  for (const [what, text, message] of wrong) {
    it(`refuses ${what}, and says where`, () => {
      expect(problemsOf(text)).to.contain(message);
    });
  }

  it('names the first problem of the file first, and the others in the hint', () => {
    const text = 'version: 1\nrebases:\n  - {image: a, onto: 1}\n  - {image: b, onto: 2}\n';
    expect(problemsOf(text)).to.match(/^bases\.yaml:3:22: .* \| also bases\.yaml:4:22: /);
  });

  it('throws nothing but BAD_MANIFEST, whatever it is given', () => {
    const yaml = fc
      .array(
        fc.constantFrom(
          ...Array.from('{}[]:,-&*!|>\'"#%@`\n\t ?ab1'),
          'version: 1\n',
          'rebases:\n',
          '  - ',
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(yaml, fc.string({ unit: 'binary' })), (text) => {
        try {
          readManifest(text, 'f');
        } catch (error) {
          expect(error).to.be.instanceOf(RebaseError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
