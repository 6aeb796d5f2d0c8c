import { expect } from 'chai';

import { parseImageConfig } from '../../src/domain/image-config.ts';
import { spliceHistory, type History, type SplicedHistory } from '../../src/plan/splice-history.ts';
import { rawHistory } from '../resolve/example-snapshot.ts';
import { historyLines } from './example-rebase.ts';

/** A case as peers.md 3 writes it: history lines, and how many layers there are. */
interface Case {
  readonly name: string;
  readonly app: readonly string[];
  readonly appLayers: number;
  readonly oldBase?: readonly string[];
  readonly oldBaseLayers: number;
  readonly newBase: readonly string[];
  readonly newBaseLayers: number;
  readonly expected: readonly string[];
  readonly unknown?: readonly string[];
}

function historyOf(lines: readonly string[]): History {
  const raw = rawHistory(lines);
  return { raw, entries: parseImageConfig(documentOf(raw)).history };
}

function documentOf(raw: readonly string[]): string {
  return `{"history":[${raw.join(',')}],"rootfs":{}}`;
}

function splice(one: Omit<Case, 'name' | 'expected'>): SplicedHistory {
  return spliceHistory({
    app: historyOf(one.app),
    appLayers: one.appLayers,
    oldBaseLayers: one.oldBaseLayers,
    oldBase: one.oldBase === undefined ? undefined : historyOf(one.oldBase),
    newBase: historyOf(one.newBase),
    newBaseLayers: one.newBaseLayers,
  });
}

const OLD = ['ADD a', 'CMD sh (e)'];
const NEW = ['ADD b', 'CMD ash (e)'];
const usual = { oldBase: OLD, oldBaseLayers: 1, newBase: NEW, newBaseLayers: 1 };

const CASES: Case[] = [
  {
    ...usual,
    name: 'normal',
    app: [...OLD, 'RUN x', 'RUN y'],
    appLayers: 3,
    expected: [...NEW, 'RUN x', 'RUN y'],
  },
  {
    name: 'five layers to two',
    app: ['1', '2', '3', 'ENV (e)', '4', '5', 'CMD (e)', 'RUN x'],
    appLayers: 6,
    oldBase: ['1', '2', '3', 'ENV (e)', '4', '5', 'CMD (e)'],
    oldBaseLayers: 5,
    newBase: ['n1', 'n2'],
    newBaseLayers: 2,
    expected: ['n1', 'n2', 'RUN x'],
  },
  {
    name: 'one layer to three',
    app: [...OLD, 'RUN x'],
    appLayers: 2,
    oldBase: OLD,
    oldBaseLayers: 1,
    newBase: ['n1', 'n2', 'n3', 'CMD (e)'],
    newBaseLayers: 3,
    expected: ['n1', 'n2', 'n3', 'CMD (e)', 'RUN x'],
  },
  {
    ...usual,
    name: 'empty entries at the seam: all kept, in order',
    app: [...OLD, 'app0 (e)', 'app1', 'app2 (e)', 'app3'],
    appLayers: 3,
    expected: [...NEW, 'app0 (e)', 'app1', 'app2 (e)', 'app3'],
  },
  {
    ...usual,
    name: 'an app with only empty entries',
    app: [...OLD, 'ENV x=1 (e)', 'CMD app (e)'],
    appLayers: 1,
    expected: [...NEW, 'ENV x=1 (e)', 'CMD app (e)'],
  },
  {
    ...usual,
    name: 'an image identical to its base',
    app: OLD,
    appLayers: 1,
    expected: NEW,
  },
  {
    ...usual,
    name: "an app that repeats the base's CMD: only the base's goes",
    app: [...OLD, 'CMD sh (e)', 'RUN x'],
    appLayers: 2,
    expected: [...NEW, 'CMD sh (e)', 'RUN x'],
  },
  {
    ...usual,
    name: 'an app without history',
    app: [],
    appLayers: 3,
    expected: [...NEW, '?', '?'],
    unknown: ['image'],
  },
  {
    ...usual,
    name: 'an old base without history',
    oldBase: [],
    app: [...OLD, 'RUN x'],
    appLayers: 2,
    expected: [...NEW, 'CMD sh (e)', 'RUN x'],
  },
  {
    name: 'an old base whose image is gone',
    app: [...OLD, 'RUN x'],
    appLayers: 2,
    oldBaseLayers: 1,
    newBase: NEW,
    newBaseLayers: 1,
    expected: [...NEW, 'CMD sh (e)', 'RUN x'],
  },
  {
    ...usual,
    name: "an old base whose history differs from the app's",
    oldBase: ['COPY a', 'CMD bash (e)'],
    app: [...OLD, 'RUN x'],
    appLayers: 2,
    expected: [...NEW, 'CMD sh (e)', 'RUN x'],
  },
  {
    ...usual,
    name: "an app history squashed into one entry, without the base's",
    app: ['squashed'],
    appLayers: 3,
    expected: [...NEW, '?', '?'],
    unknown: ['image'],
  },
  {
    ...usual,
    name: 'an app history that claims too many layers',
    app: [...OLD, 'RUN x', 'RUN y', 'RUN z'],
    appLayers: 2,
    expected: [...NEW, '?'],
    unknown: ['image'],
  },
  {
    ...usual,
    name: 'a new base without history',
    newBase: [],
    newBaseLayers: 2,
    app: [...OLD, 'RUN x'],
    appLayers: 2,
    expected: ['?', '?', 'RUN x'],
    unknown: ['new base'],
  },
  {
    ...usual,
    name: 'a new base whose history claims too many layers',
    newBase: ['n1', 'n2', 'n3'],
    newBaseLayers: 2,
    app: [...OLD, 'RUN x'],
    appLayers: 2,
    expected: ['?', '?', 'RUN x'],
    unknown: ['new base'],
  },
  {
    ...usual,
    name: 'no history on any of the three',
    newBase: [],
    oldBase: [],
    app: [],
    appLayers: 2,
    expected: [],
  },
  {
    ...usual,
    name: 'neither on the new base nor on the app',
    newBase: [],
    app: [],
    appLayers: 2,
    expected: [],
  },
  {
    ...usual,
    name: 'settings only, above layers of which nothing is told',
    newBase: [],
    app: ['ENV x=1 (e)'],
    appLayers: 1,
    expected: [],
  },
  {
    name: 'from scratch: the whole image on the new base',
    app: ['ENV first (e)', 'ADD a', 'RUN x'],
    appLayers: 2,
    oldBaseLayers: 0,
    newBase: NEW,
    newBaseLayers: 1,
    expected: [...NEW, 'ENV first (e)', 'ADD a', 'RUN x'],
  },
  {
    ...usual,
    name: 'onto a base without layers',
    app: [...OLD, 'RUN x'],
    appLayers: 2,
    newBase: [],
    newBaseLayers: 0,
    expected: ['RUN x'],
  },
];

describe('splice-history', () => {
  for (const { name, expected, unknown = [], ...input } of CASES) {
    it(name, () => {
      const result = splice(input);
      expect(historyLines(documentOf(result.raw))).to.deep.equal(expected);
      expect(result.unknown).to.deep.equal(unknown);
    });
  }

  it('moves the entries as the texts that they are', () => {
    const odd = '{ "created_by":"RUN a \\u0026\\u0026 b" , "size":1.0 }';
    const result = spliceHistory({
      app: { raw: [odd], entries: parseImageConfig(documentOf([odd])).history },
      appLayers: 1,
      oldBaseLayers: 0,
      oldBase: undefined,
      newBase: historyOf([]),
      newBaseLayers: 0,
    });
    expect(result.raw).to.deep.equal([odd]);
  });

  it('knows entries without a time, and with the zero time', () => {
    const raw = [
      '{"created_by":"ADD a"}',
      '{"created":"0001-01-01T00:00:00Z","created_by":"CMD sh","empty_layer":true}',
      '{"created_by":"RUN x"}',
    ];
    const app = { raw, entries: parseImageConfig(documentOf(raw)).history };
    const result = spliceHistory({ ...spliceInput(app), app });
    expect(historyLines(documentOf(result.raw))).to.deep.equal([...NEW, 'RUN x']);
  });
});

function spliceInput(app: History): Parameters<typeof spliceHistory>[0] {
  return {
    app,
    appLayers: 2,
    oldBaseLayers: 1,
    oldBase: historyOf(OLD),
    newBase: historyOf(NEW),
    newBaseLayers: 1,
  };
}
