import { expect } from 'chai';

import type { SeamProposal } from '../../src/domain/report.ts';
import { proposeSeams } from '../../src/resolve/propose-seams.ts';
import { diffIdsOf, imageOf, snapshotOf, type ExampleImage } from './example-snapshot.ts';

function proposals(image: ExampleImage, others: readonly ExampleImage[] = []): SeamProposal[] {
  return proposeSeams(snapshotOf([image, ...others]), imageOf(image));
}

const APP: ExampleImage = { tags: ['my:1'], layers: ['a', 'b', 'x', 'y'] };

describe('propose-seams', () => {
  it('says nothing without evidence', () => {
    expect(proposals(APP)).to.deep.equal([]);
    expect(proposals(APP, [{ layers: ['c', 'a', 'b'] }])).to.deep.equal([]);
  });

  it('proposes where a chain ends that other images share', () => {
    const others = [{ layers: ['a', 'b', 'p'] }, { layers: ['a', 'b', 'q'] }];
    expect(proposals(APP, others)).to.deep.equal([
      {
        layers: 2,
        topDiffId: diffIdsOf(['b'])[0],
        evidence: ['2 other images share these layers'],
      },
    ]);
  });

  it('puts first what more images share', () => {
    const others = [
      { layers: ['a', 'p'] },
      { layers: ['a', 'q'] },
      { layers: ['a', 'b', 'r'] },
      { layers: ['a', 'b', 'x', 's'] },
    ];
    const found = proposals(APP, others);
    expect(found.map(({ layers }) => layers)).to.deep.equal([1, 2, 3]);
    expect(found[2]?.evidence).to.deep.equal(['1 other image shares these layers']);
  });

  it('never proposes the top of the image', () => {
    const twin = { ...APP, tags: ['my:2'] };
    expect(proposals(APP, [twin])).to.deep.equal([]);
    expect(proposals({ layers: ['a'] }, [{ tags: ['x:1'], layers: ['a'] }])).to.deep.equal([]);
  });

  for (const cmd of ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]', 'ENTRYPOINT ["run"]']) {
    it(`proposes where the history has ${cmd}`, () => {
      const history = ['ADD a', 'RUN b', `${cmd} (e)`, 'RUN x', 'RUN y', 'CMD ["my"] (e)'];
      const shown = cmd.replace('/bin/sh -c #(nop)  ', '');
      expect(proposals({ ...APP, history })).to.deep.equal([
        {
          layers: 2,
          topDiffId: diffIdsOf(['b'])[0],
          evidence: [`its history has ${shown} here`],
        },
      ]);
    });
  }

  it('adds up both kinds of evidence', () => {
    const history = ['ADD a', 'RUN b', 'CMD ["bash"] (e)', 'RUN x', 'RUN y'];
    const [first] = proposals({ ...APP, history }, [{ layers: ['a', 'b', 'p'] }]);
    expect(first?.evidence).to.have.length(2);
  });

  it('does not believe a history that does not fit the layers', () => {
    for (const history of [['ADD a', 'CMD x (e)'], 'absent'] as const) {
      expect(proposals({ ...APP, history })).to.deep.equal([]);
    }
  });

  it('is not misled by a layer command that speaks of CMD', () => {
    const history = ['ADD a', 'RUN echo CMD', 'CMDS=1 (e)', 'RUN x', 'RUN y'];
    expect(proposals({ ...APP, history })).to.deep.equal([]);
  });
});
