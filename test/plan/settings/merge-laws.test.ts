/** What a merge gives, against a builder in small (`arbitrary-dockerfile.ts`). */
import { expect } from 'chai';
import fc from 'fast-check';

import { settingsIn } from '../../../src/plan/settings/read-settings.ts';
import { planSettings } from '../../../src/plan/settings/plan-settings.ts';
import { withSettings } from '../../../src/plan/settings/settings-text.ts';
import { parseImageConfig } from '../../../src/domain/image-config.ts';
import { arbitraryLayout } from '../../domain/arbitrary-json.ts';
import {
  arbitraryDockerfile,
  buildkits,
  built,
  dockers,
  historyLine,
  SCRATCH,
} from './arbitrary-dockerfile.ts';
import { configText } from './example-settings.ts';

const RUNS = { numRuns: 300 };
const NAMES = { image: 'app', oldBase: 'old', newBase: 'new' };

/** Merges three configs. */
function mergedText(app: string, oldBase: string, newBase: string, own: readonly string[]): string {
  const history = own.map((created_by) => ({ created_by, empty_layer: true }));
  const { texts } = planSettings({
    app: settingsIn(app),
    oldBase: settingsIn(oldBase),
    newBase: settingsIn(newBase),
    own: parseImageConfig(JSON.stringify({ rootfs: {}, history })).history,
    labels: { name: undefined, digest: undefined },
    names: NAMES,
  });
  return withSettings(app, texts, newBase);
}

describe('plan/settings: laws', () => {
  for (const buildkit of [false, true]) {
    const print = buildkit ? buildkits : dockers;
    const says = buildkit ? 'BuildKit' : 'the classic builder';

    it(`the result is what ${says} makes on the new base, and back it is what it was`, () => {
      fc.assert(
        fc.property(
          arbitraryDockerfile,
          arbitraryDockerfile,
          arbitraryDockerfile,
          arbitraryLayout,
          (old, next, app, layout) => {
            const texts = [built(SCRATCH, old), built(SCRATCH, next)].map((base) =>
              configText(print(base), layout.print),
            );
            const [oldBase = '', newBase = ''] = texts;
            const own = app.map((one) => historyLine(one, buildkit));
            const image = configText(print(built(built(SCRATCH, old), app)), layout.print);
            const expected = print(built(built(SCRATCH, next), app));

            const there = mergedText(image, oldBase, newBase, own);
            const { config } = JSON.parse(there) as { config: object };
            expect(config).to.deep.equal(expected);
            expect(Object.keys(config)).to.deep.equal(Object.keys(expected));
            if (layout.name === 'compact') {
              expect(JSON.parse(mergedText(there, newBase, oldBase, own))).to.deep.equal(
                JSON.parse(image),
              );
              expect(mergedText(there, newBase, oldBase, own)).to.equal(image);
            }
          },
        ),
        RUNS,
      );
    });
  }

  it('without any history: what the bases agree on stays, what the image has not touched follows', () => {
    fc.assert(
      fc.property(
        arbitraryDockerfile,
        arbitraryDockerfile,
        arbitraryDockerfile,
        (old, next, app) => {
          const base = built(SCRATCH, old);
          const image = configText(dockers(built(base, app)));
          const [from, onto] = [base, built(SCRATCH, next)].map((one) => configText(dockers(one)));
          expect(mergedText(image, from!, from!, []), 'the same base').to.equal(image);
          expect(mergedText(from!, from!, onto!, []), 'no change of its own').to.equal(onto);
        },
      ),
      RUNS,
    );
  });

  it('whatever a config holds, it is merged or refused as ambiguous', () => {
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom<unknown>(['A', '=', 'A=', 'A=1', ''], { '': {}, a: 1 }, [null], [['A=1']]),
    );
    const key = fc.constantFrom(
      'Env',
      'env',
      'Labels',
      'Cmd',
      'Volumes',
      'OnBuild',
      '__proto__',
      'x',
    );
    const config = fc.oneof(fc.dictionary(key, odd), odd);
    fc.assert(
      fc.property(config, config, config, (app, oldBase, newBase) => {
        const texts = [app, oldBase, newBase].map((one) => configText(one));
        let result = '{}';
        try {
          result = mergedText(texts[0]!, texts[1]!, texts[2]!, ['ENV A=1', 'CMD']);
        } catch (error) {
          expect(error).to.be.instanceOf(SyntaxError);
        }
        expect(() => void JSON.parse(result)).not.to.throw();
      }),
      RUNS,
    );
  });
});
