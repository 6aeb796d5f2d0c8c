import { expect } from 'chai';
import fc from 'fast-check';

import {
  isReference,
  parseReference,
  referenceKey,
  type Reference,
} from '../../src/domain/reference.ts';
import { exitCodeOf } from '../../src/errors.ts';
import { refusal } from '../resolve/refusal.ts';

const HEX = '0123456789abcdef'.repeat(4);
const DIGEST = `sha256:${HEX}`;

describe('reference', () => {
  describe('the key in repositories.json', () => {
    const cases: [string, string][] = [
      ['alpine', 'alpine:latest'],
      ['alpine:3.7', 'alpine:3.7'],
      ['library/alpine:3.7', 'alpine:3.7'],
      ['docker.io/alpine:3.7', 'alpine:3.7'],
      ['docker.io/library/alpine:3.7', 'alpine:3.7'],
      ['index.docker.io/library/alpine', 'alpine:latest'],
      ['index.docker.io/team/app:1', 'team/app:1'],
      ['docker.io/library/team/app', 'library/team/app:latest'],
      ['team/app', 'team/app:latest'],
      ['a/b/c/d:1', 'a/b/c/d:1'],
      ['localhost/app:1', 'localhost/app:1'],
      ['localhost:5000/app', 'localhost:5000/app:latest'],
      ['registry.local:5000/team/app:1.0-rc_1', 'registry.local:5000/team/app:1.0-rc_1'],
      ['registry.local/library/alpine:1', 'registry.local/library/alpine:1'],
      ['Registry/app:1', 'Registry/app:1'],
      ['REGISTRY.local:5000/app', 'REGISTRY.local:5000/app:latest'],
      ['127.0.0.1:5000/app:1', '127.0.0.1:5000/app:1'],
      ['[::1]:5000/app', '[::1]:5000/app:latest'],
      ['[2001:db8::1]/app:1', '[2001:db8::1]/app:1'],
      ['localhost', 'localhost:latest'],
      ['localhost:5000', 'localhost:5000'],
      ['library', 'library:latest'],
      ['a', 'a:latest'],
      ['a.b_c__d-e---f', 'a.b_c__d-e---f:latest'],
      ['cafe', 'cafe:latest'],
      ['sha256:cafe', 'sha256:cafe'],
      [HEX.slice(1), `${HEX.slice(1)}:latest`],
      [`team/${HEX}`, `team/${HEX}:latest`],
      [`alpine@${DIGEST}`, `alpine@${DIGEST}`],
      [`alpine:3.7@${DIGEST}`, `alpine@${DIGEST}`],
      [`docker.io/library/alpine@${DIGEST}`, `alpine@${DIGEST}`],
      [`localhost:5000/app@${DIGEST}`, `localhost:5000/app@${DIGEST}`],
      ['app:_tag', 'app:_tag'],
      ['app:UPPER.Case-1', 'app:UPPER.Case-1'],
      [`app:${'t'.repeat(128)}`, `app:${'t'.repeat(128)}`],
    ];
    for (const [text, key] of cases) {
      it(text.length > 60 ? `${text.slice(0, 57)}...` : text, () => {
        expect(referenceKey(parseReference(text))).to.equal(key);
        expect(isReference(text)).to.equal(true);
      });
    }
  });

  describe('what is no reference', () => {
    const cases: [string, RegExp][] = [
      ['', /it has no name/],
      [':3.7', /it has no name/],
      [`@${DIGEST}`, /it has no name/],
      ['Alpine', /lower case/],
      ['team/App:1', /lower case/],
      ['Registry/App', /lower case/],
      ['docker.io/Alpine', /lower case/],
      [HEX, /64 hex digits/],
      ['alpine:', /is no tag/],
      ['alpine:-1', /is no tag/],
      ['alpine:.1', /is no tag/],
      ['alpine:a b', /is no tag/],
      ['alpine:größe', /is no tag/],
      [`alpine:${'t'.repeat(129)}`, /is no tag/],
      ['alpine:3.7\n', /is no tag/],
      ['alpine@', /no sha256 digest/],
      ['alpine@sha256:cafe', /no sha256 digest/],
      [`alpine@${DIGEST.toUpperCase()}`, /no sha256 digest/],
      [`alpine@sha256:${HEX.toUpperCase()}`, /no sha256 digest/],
      [`alpine@${DIGEST}@${DIGEST}`, /no sha256 digest/],
      [`alpine@md5:${HEX.slice(32)}`, /no sha256 digest/],
      ['al pine', /name\[:tag\]/],
      [' alpine', /name\[:tag\]/],
      ['alpine\n', /name\[:tag\]/],
      ['-alpine', /name\[:tag\]/],
      ['alpine-', /name\[:tag\]/],
      ['a..b', /name\[:tag\]/],
      ['a___b', /name\[:tag\]/],
      ['a/', /name\[:tag\]/],
      ['/a', /name\[:tag\]/],
      ['a//b', /name\[:tag\]/],
      ['docker.io/', /name\[:tag\]/],
      ['localhost:5000/', /name\[:tag\]/],
      ['localhost:port/app', /name\[:tag\]/],
      ['-host.local/app', /name\[:tag\]/],
      ['[::1/app', /name\[:tag\]/],
      ['[::g]/app', /name\[:tag\]/],
      ['::1/app', /name\[:tag\]/],
      ['https://alpine', /name\[:tag\]/],
      ['../alpine', /name\[:tag\]/],
      ['größe', /name\[:tag\]/],
    ];
    for (const [text, why] of cases) {
      it(JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text), () => {
        const error = refusal(() => parseReference(text));
        expect(error.code).to.equal('BAD_REFERENCE');
        expect(exitCodeOf(error.code)).to.equal(64);
        expect(error.message).to.match(why).and.not.include('\n');
        expect(error.hint).to.match(/alpine:3\.12/);
        expect(isReference(text)).to.equal(false);
      });
    }
  });

  it('takes names of 255 characters and no longer', () => {
    const named = (length: number): string => `r.io/${'n'.repeat(length - 'r.io/'.length)}`;
    expect(isReference(named(255))).to.equal(true);
    expect(refusal(() => parseReference(named(256))).message).to.match(/at most 255 characters/);
  });

  it('reads name, tag and digest apart', () => {
    expect(parseReference(`localhost:5000/app:1@${DIGEST}`)).to.deep.equal({
      repository: 'localhost:5000/app',
      tag: '1',
      digest: DIGEST,
    } satisfies Reference);
  });

  it('keeps what it has made familiar once', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,4}([._-][a-z0-9]{1,3})?$/);
    const domain = fc.constantFrom(
      '',
      'docker.io/',
      'index.docker.io/',
      'library/',
      'docker.io/library/',
      'localhost/',
      'localhost:5000/',
      'Host/',
      'r.io/library/',
      '[::1]:80/',
    );
    const text = fc
      .record({
        domain,
        path: fc.array(part, { minLength: 1, maxLength: 3 }),
        tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}$/), { nil: undefined }),
        digest: fc.boolean(),
      })
      .map(
        (made) =>
          `${made.domain}${made.path.join('/')}${made.tag === undefined ? '' : `:${made.tag}`}` +
          (made.digest ? `@${DIGEST}` : ''),
      );
    fc.assert(
      fc.property(text, (given) => {
        const key = referenceKey(parseReference(given));
        expect(referenceKey(parseReference(key))).to.equal(key);
        expect(parseReference(key).repository).to.equal(parseReference(given).repository);
      }),
    );
  });

  it('never throws anything but BAD_REFERENCE', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
        if (!isReference(text)) {
          expect(refusal(() => parseReference(text)).code).to.equal('BAD_REFERENCE');
        }
      }),
    );
  });
});
