import { expect } from 'chai';

import { renderDrop, renderDropped } from '../../src/render/overlay/drop-text.ts';
import { renderPack } from '../../src/render/overlay/pack-text.ts';
import { renderOverlayPlan } from '../../src/render/overlay/plan-text.ts';
import { renderOverlayStatus } from '../../src/render/overlay/status-text.ts';
import {
  changesAt,
  dropReport,
  exampleSwitch,
  modifiedLayer,
  overlayReport,
  packReport,
} from './example-overlay.ts';

const PAGE = { color: false, width: 80 };
const HOSTILE = 'a\u001b[31m\u202eb\nc';

/** Blanks of wrapping made one. */
function flat(text: string): string {
  return text.replace(/\s+/g, ' ');
}

describe('render/overlay', () => {
  const one = exampleSwitch('base:1', 'base:2');

  it('says what a switch means, with what becomes of each container', () => {
    const report = overlayReport({ switches: [one], running: 'restart' });
    const text = flat(renderOverlayPlan(report, { ...PAGE, everyFile: false }));
    expect(text).to.contain('SHOWS base:1 (as dockerd has it) -> base:2 (version 20220628)');
    expect(text).to.contain('FILES 1 added, 1 changed, 1 deleted');
    expect(text).to.contain('/usr/lib - 1 -');
    expect(text).to.contain('2 of them are not seen in base:2');
    expect(text).to.contain('and 1 image without a tag (--no-trunc lists them)');
    expect(text).to.match(/base:1 running base:2 at once: it is stopped and started/);
    expect(text).to.match(/stopped .* at its next start/);
    expect(text).to.not.contain('docker restart');
    expect(text).to.contain('docker save and push go on to carry base:1 itself');
    expect(text).to.contain('Cost: 4.1 kB, 2 inodes (--clone auto)');
    for (const [running, fate] of [
      ['refuse', 'refused while it runs'],
      ['leave', 'after docker stop and start'],
    ] as const) {
      const other = renderOverlayPlan(overlayReport({ switches: [one], running }), {
        ...PAGE,
        everyFile: false,
      });
      expect(flat(other)).to.contain(fate).and.contain('docker restart is not enough');
    }
  });

  it('lists every file of a dry run, bytes that are no text included', () => {
    const report = overlayReport({ switches: [one] });
    const text = renderOverlayPlan(report, { ...PAGE, everyFile: true });
    expect(text).to.contain('    + /etc/new\n    ~ /usr/lib/x/y\n    - /old\\xff\n');
    expect(text).to.not.contain('DIRECTORY');
  });

  it('lists the directories with most changes, all of them with --no-trunc', () => {
    const many = Array.from({ length: 20 }, (_, at) => ['added', `d${at}/x`] as const);
    const switches = [{ ...one, changes: changesAt(...many, ['added', 'd7/y']) }];
    const report = overlayReport({ switches });
    const short = renderOverlayPlan(report, { ...PAGE, everyFile: false });
    expect(short)
      .to.match(/DELETED\n {4}\/d7 +2/)
      .and.contain('and 8 more directories');
    const long = renderOverlayPlan(report, { ...PAGE, noTrunc: true, everyFile: false });
    expect(long).to.contain('/d19').and.not.contain('more directories');
  });

  it('says of a bundle that its new base cannot be checked', () => {
    const switches = [{ ...one, checked: undefined }];
    const render = (bundle: string | undefined): string =>
      renderOverlayPlan(overlayReport({ bundle, switches }), { ...PAGE, everyFile: false });
    expect(render('file')).to.contain('left out for a bundle');
    expect(render(undefined)).to.not.contain('CHECKS');
  });

  it('says why there is nothing to do', () => {
    const unchanged = [{ base: 'base:1', reason: 'shows base:2 already' }];
    const text = renderOverlayPlan(overlayReport({ unchanged }), { ...PAGE, everyFile: true });
    expect(text).to.match(/base:1: shows base:2 already; nothing to do\n$/);
  });

  it('tells of each modified layer, and of those with an older view', () => {
    const status = { ...overlayReport(), layers: [modifiedLayer('base:1', 'base:2')] };
    const text = flat(renderOverlayStatus(status, PAGE));
    expect(text).to.contain('20220628 base:2 (--union) active 3 4.1 kB, 2 inodes');
    expect(text).to.contain('stop and start, to see it: base:1 (a restart is not enough)');
    expect(text).to.contain('of unknown origin: diff.odd');
    const gone = { ...modifiedLayer('base:1', 'base:2'), versions: [] };
    expect(flat(renderOverlayStatus({ ...status, layers: [gone] }, PAGE))).to.contain(
      'SHOWS version 20220628, of which nothing is known: overlay restore',
    );
    expect(renderOverlayStatus({ ...status, layers: [] }, PAGE)).to.match(/No base is shown/);
  });

  it('tells what a bundle holds, and what a drop frees', () => {
    const pack = renderPack(packReport('base:1', 'base:2'), { ...PAGE, everyFile: false });
    expect(flat(pack)).to.contain('CARRIES 3 names, 5 kB; hides 1 name;');
    expect(pack).to.contain('f'.repeat(64));
    const drop = renderDrop(dropReport('base:1', 'base:2'), PAGE);
    expect(drop).to.contain('Can no longer be undone: transaction 2');
    expect(renderDropped(dropReport('base:1', 'base:2'), PAGE)).to.contain('is removed');
  });

  it('prints nothing that a terminal obeys', () => {
    const switches = [exampleSwitch(HOSTILE, HOSTILE)];
    const report = overlayReport({ switches, warnings: [HOSTILE], bundle: HOSTILE });
    const texts = [
      renderOverlayPlan(report, { ...PAGE, everyFile: true }),
      renderOverlayPlan(report, { ...PAGE, everyFile: false }),
      renderOverlayStatus({ ...report, layers: [modifiedLayer(HOSTILE, HOSTILE)] }, PAGE),
      renderPack(packReport(HOSTILE, HOSTILE), { ...PAGE, everyFile: true }),
      renderDrop(dropReport(HOSTILE, HOSTILE), PAGE),
      renderDropped(dropReport(HOSTILE, HOSTILE), PAGE),
    ];
    for (const text of texts) expect(text).to.not.match(/[\u001b\u202e]|b\nc/);
  });
});
