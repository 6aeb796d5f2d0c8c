import { expect } from 'chai';

import type { LayerDirectory, LayerRecord } from '../../src/domain/snapshot.ts';
import { chainProblems } from '../../src/verify/layer-chain.ts';
import { soundLayers, topOf } from '../plan/example-layers.ts';
import { diffIdsOf } from '../resolve/example-snapshot.ts';

const STACK = ['a', 'b', 'c'];
const MIDDLE = topOf('a', 'b');
const TOP = topOf('a', 'b', 'c');

type Damage = Partial<Omit<LayerRecord, 'directory'>> & {
  readonly directory?: Partial<LayerDirectory> | undefined;
};

/** What is said of a stack of three whose middle layer is damaged, without the layer's name. */
function said(damage: Damage, at = MIDDLE): string[] {
  const layers = soundLayers(STACK);
  const { directory, ...files } = damage;
  const layer = layers.get(at)!;
  const damaged = new Map<typeof at, LayerRecord>(layers);
  damaged.set(at, {
    ...layer,
    ...files,
    directory:
      'directory' in damage && directory === undefined
        ? undefined
        : { ...layer.directory, ...directory },
  });
  return chainProblems(diffIdsOf(STACK), damaged)
    .filter(({ chainId }) => chainId === at)
    .map(({ message }) => {
      expect(message)
        .to.match(/^layer [0-9a-f]{12} /)
        .and.not.include('\n');
      return message.replace(/^layer [0-9a-f]{12} /, '').replace(/overlay2\/[0-9a-z]+…/, 'DIR');
    });
}

describe('layer-chain', () => {
  it('finds nothing wrong with a healthy chain', () => {
    expect(chainProblems(diffIdsOf(STACK), soundLayers(STACK))).to.deep.equal([]);
    expect(chainProblems([], new Map())).to.deep.equal([]);
  });

  it("takes BuildKit's cache-ids and a size of 0", () => {
    const cacheId = 'abcdefghijklmnopqrstuvwx1';
    const directory = { linkTarget: `../${cacheId}/diff` };
    expect(said({ cacheId, directory, size: '0' })).to.deep.equal([]);
  });

  describe('damage of one file', () => {
    const diff = diffIdsOf(['b'])[0]!;
    const parent = topOf('a');
    const cases: [string, Damage, RegExp][] = [
      ['diff is missing', { diff: undefined }, /^has nothing in its file diff$/],
      [
        'diff is of another layer',
        { diff: diffIdsOf(['z'])[0] },
        /^has "sha256:.*" in its file diff$/,
      ],
      ['diff ends with a newline', { diff: `${diff}\n` }, /\\n" in its file diff$/],
      ['size is missing', { size: undefined }, /^has nothing in its file size$/],
      ['size is empty', { size: '' }, /^has "" in its file size$/],
      ['size ends with a newline', { size: '9\n' }, /^has "9\\n" in its file size$/],
      ['size is negative', { size: '-1' }, /^has "-1" in its file size$/],
      ['parent is missing', { parent: undefined }, /^has nothing in its file parent$/],
      ['parent is empty', { parent: '' }, /^has "" in its file parent$/],
      ['parent is of another chain', { parent: TOP }, /in its file parent$/],
      ['parent ends with a newline', { parent: `${parent}\n` }, /\\n" in its file parent$/],
      ['cache-id is missing', { cacheId: undefined }, /^has nothing in its file cache-id$/],
      ['cache-id is empty', { cacheId: '' }, /^has "" in its file cache-id$/],
      ['cache-id leads elsewhere', { cacheId: '../x' }, /^has "\.\.\/x" in its file cache-id$/],
      ['cache-id ends with a newline', { cacheId: 'abc\n' }, /in its file cache-id$/],
      ['the directory is missing', { directory: undefined }, /^has no directory DIR\/diff$/],
      ['diff/ is missing', { directory: { hasDiff: false } }, /^has no directory DIR\/diff$/],
      ['link is missing', { directory: { link: undefined } }, /^has nothing in DIR\/link$/],
      ['link is empty', { directory: { link: '' } }, /^has "" in DIR\/link$/],
      [
        'link ends with a newline',
        { directory: { link: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ\n' } },
        /in DIR\/link$/,
      ],
      [
        'l/<link> is missing',
        { directory: { linkTarget: undefined } },
        /^has nothing as target of overlay2\/l\/[A-Z2-7]{26}$/,
      ],
      [
        'l/<link> points to another layer',
        { directory: { linkTarget: '../abc/diff' } },
        /^has "\.\.\/abc\/diff" as target/,
      ],
      [
        'l/<link> is absolute',
        { directory: { linkTarget: '/var/lib/docker/overlay2/abc/diff' } },
        /as target of overlay2\/l/,
      ],
      ['lower is missing', { directory: { lower: undefined } }, /^has nothing in DIR\/lower$/],
      ['lower ends with a newline', { directory: { lower: 'l/X\n' } }, /in DIR\/lower$/],
    ];
    for (const [name, damage, message] of cases) {
      it(name, () => {
        const messages = said(damage);
        expect(messages).to.have.length(1);
        expect(messages[0]).to.match(message);
      });
    }

    it('a base layer that has a parent', () => {
      expect(said({ parent: MIDDLE }, topOf('a'))).to.have.length(1);
    });

    it('a base layer with a lower, which hides nothing but is not its own', () => {
      expect(said({ directory: { lower: 'l/X' } }, topOf('a'))).to.deep.equal([
        'has "l/X" in DIR/lower',
      ]);
    });
  });

  it('a lower that still lists the old base, as the hand-made procedure leaves it', () => {
    const layers = new Map<typeof TOP, LayerRecord>(soundLayers(['old', 'x'], ['new']));
    const source = layers.get(topOf('old', 'x'))!;
    const chainId = topOf('new', 'x');
    layers.set(chainId, { ...source, chainId, parent: topOf('new') });
    const messages = chainProblems(diffIdsOf(['new', 'x']), layers).map(({ message }) => message);
    expect(messages).to.have.length(1);
    expect(messages[0]).to.match(/has "l\/[A-Z2-7]{26}" in overlay2\/.*\/lower$/);
  });

  it('names a layer that is not in layerdb first, before what follows from it', () => {
    const layers = soundLayers(STACK);
    layers.delete(MIDDLE);
    const [first] = chainProblems(diffIdsOf(STACK), layers);
    expect(first?.chainId).to.equal(MIDDLE);
    expect(first?.message).to.match(/^layer [0-9a-f]{12} is not in layerdb$/);
  });

  it('finds every damaged layer, bottom first', () => {
    const layers = new Map<typeof TOP, LayerRecord>(soundLayers(STACK));
    for (const [chainId, layer] of layers) layers.set(chainId, { ...layer, size: '' });
    expect(chainProblems(diffIdsOf(STACK), layers).map(({ chainId }) => chainId)).to.deep.equal([
      topOf('a'),
      MIDDLE,
      TOP,
    ]);
  });

  it('keeps a long content to one short line', () => {
    const [message] = said({ size: 'x'.repeat(1000) });
    expect(message?.length).to.be.lessThan(120);
  });
});
