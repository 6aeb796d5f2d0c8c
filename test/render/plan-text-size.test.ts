import { expect } from 'chai';
import { finding } from '../../src/domain/finding.ts';
import type { PlanReport } from '../../src/domain/report.ts';
import { renderPlan } from '../../src/render/plan-text.ts';
import {
  baseOf,
  diffIdOf,
  exampleContainer,
  exampleReport,
  MY_ALPINE,
  type ExampleImage,
} from './example-report.ts';

const PLATFORM = finding(
  'platform',
  'breaks',
  'the image is for linux/amd64, the new base for linux/arm64',
);

function plain(report: PlanReport, noTrunc = false): string {
  return renderPlan(report, { color: false, noTrunc });
}

describe('render/plan-text: large plans', () => {
  it('lists ten containers and counts the others', () => {
    const containers = Array.from({ length: 30 }, (_, index) => exampleContainer(`c${index}`));
    const text = plain(exampleReport([MY_ALPINE], { containers }));
    expect(text).to.match(/\n {2}c9 .*\n {2}and 20 more\n/);
    expect(plain(exampleReport([MY_ALPINE], { containers }), true)).to.match(/\n {2}c29 /);
  });

  it('keeps 40 images to a line each', () => {
    const images = Array.from({ length: 40 }, (_, index) => ({
      ...MY_ALPINE,
      reference: `app-${index}:1`,
      appLayers: [`app ${index}`],
      findings: index === 3 ? [PLATFORM] : [],
    }));
    const text = plain(exampleReport(images));
    expect(text.split('\n').length).to.be.lessThan(65);
    expect(text).to.include('BASE alpine:3.7 (1 layer) -> alpine:3.12 (1 layer): 40 images\n');
    expect(text).to.match(/\n {2}app-39:1 {3,}[0-9a-f]{12} {3}[0-9a-f]{12} {3}SAFE\n/);
    expect(text).to.match(/\n {2}app-3:1 {3,}[0-9a-f]{12} {3}[0-9a-f]{12} {3}BREAKS\n/);
    expect(text).to.include('Tags: 40 tags move to the new images\n');
    expect(text).to.match(/Plan: 40 to rebase, 0 unchanged\.\nRefused, verdict BREAKS: app-3:1\n$/);
    expect(plain(exampleReport(images), true)).to.include('  LAYERS, top layer first');
  });

  it('keeps 60 layers readable and shows all of them with noTrunc', () => {
    const report = exampleReport([
      { ...MY_ALPINE, ...appOf(60), oldBase: baseOf('old:1', 30), newBase: baseOf('new:1', 2) },
    ]);
    const text = plain(report);
    expect(text.split('\n').length).to.be.lessThan(90);
    expect(text).to.include('    BEFORE (90 layers)');
    expect(text).to.match(/\n {6}\.\.\. 52 more layers +\.\.\. 52 more layers\n/);
    expect(text).to.match(/\n {6}\.\.\. 22 more layers\n/);
    const whole = plain(report, true);
    for (let index = 0; index < 60; index += 1) expect(whole).to.include(diffIdOf(`app ${index}`));
  });
});

function appOf(count: number): Pick<ExampleImage, 'appLayers' | 'appHistory'> {
  const appLayers = Array.from({ length: count }, (_, index) => `app ${index}`);
  return { appLayers, appHistory: appLayers.map((created_by) => ({ created_by })) };
}
