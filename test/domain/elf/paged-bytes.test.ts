import { expect } from 'chai';

import { PagedBytes } from '../../../src/domain/elf/paged-bytes.ts';

const PAGE = 16 * 1024;

describe('PagedBytes', () => {
  const counting = (offset: number, length: number) =>
    Uint8Array.from({ length }, (_, at) => (offset + at) % 251);

  it('reads across the edge of a page', () => {
    const view = new PagedBytes(counting).bytes(PAGE - 2, 4);
    expect([0, 1, 2, 3].map((at) => view.getUint8(at))).to.deep.equal(
      [PAGE - 2, PAGE - 1, PAGE, PAGE + 1].map((at) => at % 251),
    );
  });

  it('reads a page once', () => {
    const asked: number[] = [];
    const file = new PagedBytes((offset, length) => {
      asked.push(offset);
      return new Uint8Array(length);
    });
    for (const offset of [0, 5, PAGE, 7, PAGE + 1]) file.bytes(offset, 2);
    expect(asked).to.deep.equal([0, PAGE]);
  });

  it('gives up on a file whose tables are everywhere', () => {
    const file = new PagedBytes(counting);
    expect(() => {
      for (let at = 0; at < 1000; at += 1) file.bytes(at * PAGE, 1);
    }).to.throw(SyntaxError, 'its tables are too large');
  });

  it('says where a file or a name does not end', () => {
    const short = new PagedBytes((offset) => new Uint8Array(offset === 0 ? 10 : 0).fill(65));
    expect(() => short.bytes(8, 4)).to.throw(SyntaxError, 'it is cut short');
    expect(() => short.text(0, 100)).to.throw(SyntaxError, 'it is cut short');
    expect(() =>
      new PagedBytes((_, length) => new Uint8Array(length).fill(65)).text(0, 9),
    ).to.throw(SyntaxError, 'a name in it is too long');
  });
});
