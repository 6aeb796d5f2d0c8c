/** Every kind of damage, done to a healthy store: its code, nothing else, and no byte changed. */
import { join } from 'node:path';

import { expect } from 'chai';

import type { DoctorReport } from '../../src/domain/doctor-report.ts';
import { STORE_CODES } from '../../src/domain/store-finding.ts';
import { doctorDocument } from '../../src/render/doctor-json.ts';
import { renderDoctor } from '../../src/render/doctor-text.ts';
import { publishedText } from '../support/output-schema.ts';
import { removeTempDirs } from '../support/temp-dir.ts';
import { diffTrees, readTree } from '../support/tree-state.ts';
import { codesOf, examined, patient, said, type Damage } from './damaged-store.ts';
import { CONTAINERS_DAMAGES } from './damages/containers.ts';
import { CONTENTS_DAMAGES } from './damages/contents.ts';
import { DIRECTORIES_DAMAGES } from './damages/directories.ts';
import { IMAGES_DAMAGES } from './damages/images.ts';
import { LAYERS_DAMAGES } from './damages/layers.ts';
import { LEFTOVERS_DAMAGES } from './damages/leftovers.ts';
import { TAGS_DAMAGES } from './damages/tags.ts';
import { VERSIONS_DAMAGES } from './damages/versions.ts';
import { fastDir } from './stopped-store.ts';

const TABLES: readonly (readonly [string, readonly Damage[], boolean])[] = [
  ['layers', LAYERS_DAMAGES, false],
  ['layer directories', DIRECTORIES_DAMAGES, false],
  ['images', IMAGES_DAMAGES, false],
  ['tags', TAGS_DAMAGES, false],
  ['containers', CONTAINERS_DAMAGES, false],
  ['leftovers', LEFTOVERS_DAMAGES, false],
  ['versions', VERSIONS_DAMAGES, false],
  ['contents, with --deep', CONTENTS_DAMAGES, true],
];

/** Codes whose cases are in doctor.test.ts and in the end-to-end tests. */
const ELSEWHERE = ['container-alive', 'image-deep', 'image-too-deep'];

describe('doctor: damage', () => {
  afterEach(removeTempDirs);

  it('has a case for every code', () => {
    const tried = TABLES.flatMap(([, cases]) => cases).flatMap(([, , codes]) => codes);
    const missing = STORE_CODES.filter((code) => !tried.includes(code));
    expect(missing.sort()).to.deep.equal(ELSEWHERE);
  });

  for (const [subject, cases, deep] of TABLES) {
    describe(subject, () => {
      for (const [name, damage, codes] of cases) {
        it(name, async () => {
          const p = await patient(join(fastDir(), 'data'));
          damage(p);
          const before = readTree(p.root, { mtimes: true });
          const report = await examined(p.root, { deep });
          expect(codesOf(report), said(report)).to.deep.equal([...codes].sort());
          if (deep)
            expect(codesOf(await examined(p.root)), 'seen without --deep').to.deep.equal([]);
          expect(diffTrees(before, readTree(p.root, { mtimes: true }))).to.deep.equal([]);
          expectPrintable(report);
        });
      }
    });
  }
});

/** Nothing of what strangers wrote reaches a terminal raw. */
function expectPrintable(report: DoctorReport): void {
  const texts = [
    renderDoctor(report, { color: false, noTrunc: true }),
    publishedText(doctorDocument(report)),
  ];
  for (const text of texts) expect(text).to.not.match(/[\x00-\x09\x0b-\x1f\x7f]/);
}
