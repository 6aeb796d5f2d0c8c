/** Random old bases, new bases and apps, in the ways in which they may relate to each other. */
import fc from 'fast-check';

import { arbitraryLayout, type Layout } from '../domain/arbitrary-json.ts';
import type { ExampleImage } from '../resolve/example-snapshot.ts';

export interface Trio {
  readonly old: ExampleImage;
  readonly next: ExampleImage;
  readonly app: ExampleImage;
}

/** `apart`: no layer in common; `grown`: the new base is built FROM the old one. */
type Relation = 'apart' | 'common' | 'grown' | 'shrunk' | 'settings';

/** How much of an app's history there is. `own`: as docker builds on a base without history. */
type Told = 'whole' | 'absent' | 'own' | 'squashed' | 'too much';

interface Ingredients {
  readonly relation: Relation;
  readonly oldLayers: number;
  readonly newLayers: number;
  readonly oldClosing: readonly string[];
  readonly newClosing: readonly string[];
  readonly own: readonly ('layer' | 'setting')[];
  readonly told: Told;
  readonly oldTold: boolean;
  readonly newTold: boolean;
  readonly layout: Layout;
}

const closing = fc.subarray(['CMD ["sh"] (e)', 'ENV a=1 (e)', 'ENV b=2 (e)', 'LABEL x=y (e)']);

const ingredients: fc.Arbitrary<Ingredients> = fc.record({
  relation: fc.constantFrom<Relation>('apart', 'common', 'grown', 'shrunk', 'settings'),
  oldLayers: fc.integer({ min: 1, max: 5 }),
  newLayers: fc.integer({ min: 1, max: 5 }),
  oldClosing: closing,
  newClosing: closing,
  own: fc.array(fc.constantFrom<'layer' | 'setting'>('layer', 'setting'), {
    minLength: 1,
    maxLength: 6,
  }),
  told: fc.constantFrom<Told>('whole', 'absent', 'own', 'squashed', 'too much'),
  oldTold: fc.boolean(),
  newTold: fc.boolean(),
  layout: arbitraryLayout,
});

/** Any history on any of the three images, right or wrong. */
export const arbitraryTrio: fc.Arbitrary<Trio> = ingredients.map(trioOf);

/** Apps whose history begins with their base's. */
export const arbitraryTrueTrio: fc.Arbitrary<Trio> = ingredients
  .map((made) => ({ ...made, told: 'whole' as const, oldTold: true }))
  .map(trioOf);

function trioOf(made: Ingredients): Trio {
  const { oldTold, newTold, told, own, layout } = made;
  const { print } = layout;
  const [oldStack, newStack] = stacksOf(made);
  const oldHistory = [...oldStack.map((layer) => `ADD ${layer}`), ...made.oldClosing];
  const newHistory = [...newStack.map((layer) => `ADD ${layer}`), ...made.newClosing];
  const steps = own.map((kind, index) =>
    kind === 'layer' ? `RUN x${index}` : `ENV x${index}=1 (e)`,
  );
  const ownLayers = own.flatMap((kind, index) => (kind === 'layer' ? [`x${index}`] : []));
  const histories: Record<Told, readonly string[] | 'absent'> = {
    whole: [...oldHistory, ...steps],
    absent: 'absent',
    own: steps,
    squashed: ['squashed', ...steps.filter((step) => step.endsWith('(e)'))],
    'too much': [...oldHistory, ...steps, 'RUN one more', 'RUN and another'],
  };
  return {
    old: {
      tags: ['base:1'],
      layers: oldStack,
      history: oldTold ? oldHistory : 'absent',
      created: '2019-01-01T00:00:00Z',
      print,
    },
    next: {
      tags: ['base:2'],
      layers: newStack,
      history: newTold ? newHistory : 'absent',
      created: '2021-01-01T00:00:00Z',
      print,
    },
    app: {
      tags: ['my:1'],
      layers: [...oldStack, ...ownLayers],
      history: histories[told],
      created: '2019-01-01T00:00:00Z',
      print,
    },
  };
}

function stacksOf({ relation, oldLayers, newLayers }: Ingredients): [string[], string[]] {
  const old = Array.from({ length: oldLayers }, (_, index) => `a${index}`);
  const other = Array.from({ length: newLayers }, (_, index) => `b${index}`);
  switch (relation) {
    case 'apart':
      return [old, other];
    case 'common':
      return [
        ['shared', ...old],
        ['shared', ...other],
      ];
    case 'grown':
      return [old, [...old, ...other]];
    case 'shrunk':
      return [[...old, ...other], old];
    case 'settings':
      return [old, old];
  }
}
