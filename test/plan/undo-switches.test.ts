import { expect } from 'chai';

import type { LayerSwitch } from '../../src/domain/bound-plan.ts';
import { asImageID, sha256Hex } from '../../src/domain/digest.ts';
import { NO_VERSIONS, type LayerVersions } from '../../src/domain/overlay/version.ts';
import type { TransactionState } from '../../src/domain/report.ts';
import type { DoneTransaction, SwitchedLayers } from '../../src/plan/done-transaction.ts';
import { neededJournals } from '../../src/plan/needed-journals.ts';
import { planUndo, type UndoFacts } from '../../src/plan/plan-undo.ts';
import { snapshotOf } from '../resolve/example-snapshot.ts';
import { EMPTY_PLAN } from '../support/empty-plan.ts';
import { cacheIdOf, linkOf, NOTHING_SWITCHED, topOf } from './example-layers.ts';

const TOP = topOf('a', 'b');
const BASE = {
  name: 'base:1',
  imageId: asImageID(`sha256:${sha256Hex('base')}`)!,
  chainId: TOP,
};
function switched(before: string, after: string, builds = true): LayerSwitch {
  const version = after.slice('diff.'.length);
  return {
    base: 'base:1',
    chainId: TOP,
    cacheId: cacheIdOf(TOP),
    link: linkOf(TOP),
    before,
    after,
    builds: builds ? { version, base: BASE, shows: BASE, union: false, transaction: 0 } : undefined,
    lowerdir: `l/${linkOf(TOP)}`,
  };
}

function done(
  number: number,
  one: LayerSwitch,
  state: TransactionState = 'published',
): DoneTransaction {
  return { number, state, images: [], bound: { ...EMPTY_PLAN, switches: [one] } };
}

/** The layer with these versions, the one that is seen, and who runs on it. */
function layerWith(
  active: string | undefined,
  names: readonly string[],
  { running = [], above = [] }: { readonly running?: string[]; readonly above?: string[] } = {},
): SwitchedLayers {
  const cacheId = cacheIdOf(TOP);
  const versions = names.map((version) => {
    return { version, base: BASE, shows: BASE, union: false, transaction: 1 };
  });
  const layer: LayerVersions = { ...NO_VERSIONS, cacheId, active, versions };
  return {
    versions: new Map([[cacheId, layer]]),
    running: new Map([[TOP, running]]),
    above: new Map([[TOP, above]]),
  };
}

const GONE = NOTHING_SWITCHED;
const FACTS: Omit<UndoFacts, 'switched'> = {
  snapshot: snapshotOf([]),
  use: { parents: new Map(), cacheIds: new Map(), mounted: new Set(), buildkit: new Set() },
};

const undo = (all: readonly DoneTransaction[], at: number, layers: SwitchedLayers) =>
  planUndo(all[at - 1]!, all, { ...FACTS, switched: layers });

const [FIRST, SECOND, BACK] = [
  done(1, switched('diff', 'diff.1')),
  done(2, switched('diff.1', 'diff.2')),
  done(3, switched('diff.2', 'diff', false)),
];

describe('plan/undo-switches', () => {
  it('takes back the switch, and with it the version that it built', () => {
    const { refusals, removable, notes } = undo([FIRST], 1, layerWith('diff.1', ['1']));
    expect(refusals).to.deep.equal([]);
    expect(removable).to.deep.equal({ ...EMPTY_PLAN, switches: FIRST.bound.switches });
    expect(notes).to.deep.equal([]);
  });

  it('that did not come to its end is taken back too', () => {
    expect(undo([FIRST], 1, layerWith('diff', ['1'])).refusals).to.deep.equal([]);
  });

  it('is refused while a later one stands, with its number', () => {
    expect(undo([FIRST, SECOND], 1, layerWith('diff.2', ['1', '2'])).refusals).to.deep.equal([
      'transaction 2 switched base:1 again: undo it first',
    ]);
    const undone = [FIRST, { ...SECOND, state: 'undone' as const }];
    expect(undo(undone, 1, layerWith('diff.1', ['1'])).refusals).to.deep.equal([]);
  });

  const refused: readonly [string, SwitchedLayers, string][] = [
    [
      'the base shows a version of somebody else',
      layerWith('diff.9', ['1', '9']),
      'base:1 shows version 9 by now',
    ],
    [
      'the base leads elsewhere',
      layerWith(undefined, ['1', '2']),
      'base:1 shows something else by now',
    ],
    ['what it goes back to is gone', layerWith('diff.2', ['2']), 'version 1 of base:1 is gone'],
    [
      'something runs on it',
      layerWith('diff.2', ['1', '2'], { running: ['box'] }),
      'the container box runs on base:1: stop it first',
    ],
    [
      'a version of a base on it was built since',
      layerWith('diff.2', ['1', '2'], { above: ['version 7 of child:1'] }),
      'version 7 of child:1 is built on what base:1 shows: undo or drop it first',
    ],
  ];
  for (const [why, layers, message] of refused) {
    it(`is refused when ${why}`, () => {
      expect(undo([FIRST, SECOND], 2, layers).refusals).to.deep.equal([message]);
    });
  }

  it('of a layer that is gone has nothing to take back, and says so', () => {
    const { refusals, removable, notes } = undo([FIRST], 1, GONE);
    expect(refusals).to.deep.equal([]);
    expect(removable.switches).to.deep.equal([]);
    expect(notes).to.deep.equal([
      'the top layer of base:1 is gone, with all versions of its files',
    ]);
  });

  describe('journals', () => {
    const kept = (layers: SwitchedLayers): (string | undefined)[] => {
      const facts = {
        ...FACTS,
        switched: layers,
        open: new Set<number>(),
        unsettled: new Set<string>(),
      };
      const needed = neededJournals([FIRST, SECOND, BACK], facts);
      return [1, 2, 3].map((number) => needed.get(number));
    };
    const UNDOABLE = 'it can be undone';
    const NEWEST = 'it is the newest, and its number is not given twice';

    it('stay as long as each can be undone in its turn', () => {
      expect(kept(layerWith('diff', ['1', '2']))).to.deep.equal([UNDOABLE, UNDOABLE, UNDOABLE]);
    });

    it('go when a version is gone that the last has to go back to, and with it all before', () => {
      expect(kept(layerWith('diff', ['1']))).to.deep.equal([undefined, undefined, NEWEST]);
    });

    it('go with the layer', () => {
      expect(kept(GONE)).to.deep.equal([undefined, undefined, NEWEST]);
    });
  });
});
