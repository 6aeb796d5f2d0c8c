import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { hostDisk } from '../../src/apply/disk.ts';
import {
  beginTransaction,
  openTransaction,
  readTransactions,
  record,
  type JournalRecord,
  type Transaction,
} from '../../src/apply/journal.ts';
import { sha256Hex } from '../../src/domain/digest.ts';
import { layoutOf, type Layout } from '../../src/store/layout.ts';
import { rejection } from '../daemon/rejection.ts';
import { EMPTY_PLAN } from '../support/empty-plan.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const AT = { bootId: 'boot', uptimeMs: 12 };

/** A whole life; each line after the first sets the state of that name, or the daemon's. */
const LIFE: JournalRecord[] = [
  { kind: 'staged' },
  { kind: 'publishing', before: '{"Repositories":{"é":{}}}\n', at: AT },
  { kind: 'daemon-stopped', start: 'systemctl start docker' },
  { kind: 'daemon-started' },
  { kind: 'published', after: '{}' },
  { kind: 'undoing' },
  { kind: 'undone' },
];

describe('apply/journal', () => {
  let layout: Layout;

  beforeEach(() => {
    layout = layoutOf(makeTempDir());
  });
  afterEach(removeTempDirs);

  it('lies in the data-root, outside tmp, for root alone', () => {
    const { file } = begin();
    expect(file).to.equal(join(layout.root, 'rebase-image/transactions/1/journal'));
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(statSync(join(layout.root, 'rebase-image')).mode & 0o777).to.equal(0o700);
  });

  it('tells what was written, line by line', () => {
    let transaction = begin();
    expect(transaction.state).to.equal('staging');
    const states: unknown[] = [];
    for (const entry of LIFE) {
      transaction = record(hostDisk, transaction, entry);
      expect(transaction).to.deep.equal(readTransactions(layout)[0]);
      states.push([transaction.state, transaction.daemonToStart ?? '']);
    }
    expect(states).to.deep.equal([
      ['staged', ''],
      ['publishing', ''],
      ['publishing', 'systemctl start docker'],
      ['publishing', ''],
      ['published', ''],
      ['undoing', ''],
      ['undone', ''],
    ]);
    expect(transaction.repositories).to.deep.equal({
      before: '{"Repositories":{"é":{}}}\n',
      after: '{}',
    });
    expect(transaction.publishingAt).to.deep.equal(AT);
    expect(transaction.begin.command).to.equal('test');
  });

  it('knows which transaction is open: neither finished nor taken back', () => {
    expect(openTransaction(readTransactions(layout))).to.equal(undefined);
    let transaction = begin();
    const open: boolean[] = [openTransaction([transaction]) !== undefined];
    for (const entry of LIFE) {
      transaction = record(hostDisk, transaction, entry);
      open.push(openTransaction([transaction]) !== undefined);
    }
    expect(open).to.deep.equal([true, true, true, true, true, false, true, false]);
    transaction = record(hostDisk, transaction, { kind: 'daemon-stopped', start: 'x' });
    expect(openTransaction([transaction]), 'its daemon is down').to.equal(transaction);
  });

  it('stands where its last whole line says, wherever the last one is torn', () => {
    const transaction = begin();
    record(hostDisk, transaction, { kind: 'staged' });
    const whole = readFileSync(transaction.file);
    record(hostDisk, transaction, { kind: 'publishing', before: 'é'.repeat(20), at: AT });
    const more = readFileSync(transaction.file);
    for (let end = whole.length; end < more.length; end += 1) {
      writeFileSync(transaction.file, more.subarray(0, end));
      expect(readTransactions(layout)[0]?.state, `${end} bytes`).to.equal('staged');
    }
  });

  it('goes on after a torn line, wherever it was torn', () => {
    const transaction = begin();
    const whole = readFileSync(transaction.file);
    record(hostDisk, transaction, { kind: 'staged' });
    const more = readFileSync(transaction.file);
    const wrong: string[] = [];
    for (let end = whole.length; end <= more.length; end += 1) {
      writeFileSync(transaction.file, more.subarray(0, end));
      try {
        const [now] = readTransactions(layout);
        record(hostDisk, now!, { kind: 'undoing' });
        const after = record(hostDisk, now!, { kind: 'undone' });
        if (after.state !== 'undone') wrong.push(`${end - whole.length} bytes: ${after.state}`);
      } catch (error) {
        wrong.push(`${end - whole.length} bytes: ${(error as Error).message.slice(-40)}`);
      }
    }
    expect(wrong.length, wrong[0]).to.equal(0);
  });

  it('goes on from the journal where a caller knows less than that', () => {
    const begun = begin();
    record(hostDisk, begun, { kind: 'staged' });
    const now = record(hostDisk, begun, { kind: 'publishing', before: null, at: AT });
    expect(now.bytes).to.equal(statSync(now.file).size);
    expect(readTransactions(layout)).to.deep.equal([now]);
  });

  it('tells the same by what was added as by what was read', () => {
    let now = begin();
    for (const entry of LIFE) {
      now = record(hostDisk, now, entry);
      expect(readTransactions(layoutOf(layout.root))).to.deep.equal([now]);
    }
  });

  it('reads a journal again when somebody has written to it', () => {
    const begun = begin();
    expect(readTransactions(layout).map(({ state }) => state)).to.deep.equal(['staging']);
    record(hostDisk, begun, { kind: 'staged' });
    expect(readTransactions(layout).map(({ state }) => state)).to.deep.equal(['staged']);
  });

  it('forgets a transaction whose first line is torn: it had done nothing yet', () => {
    const { file } = begin();
    const first = readFileSync(file);
    for (let end = 0; end < first.length - 1; end += 1) {
      writeFileSync(file, first.subarray(0, end));
      expect(readTransactions(layout), `${end} bytes`).to.deep.equal([]);
    }
    expect(begin().number).to.equal(2);
  });

  it('forgets an empty folder, and counts on after it', () => {
    begin();
    mkdirSync(join(layout.journal, 'transactions/2'));
    expect(readTransactions(layout).map(({ number }) => number)).to.deep.equal([1]);
    expect(begin().number).to.equal(3);
  });

  it('refuses a journal that is broken before its last line, and names the file', async () => {
    const transaction = begin();
    record(hostDisk, transaction, { kind: 'staged' });
    record(hostDisk, transaction, { kind: 'undoing' });
    const text = readFileSync(transaction.file, 'utf8');
    const second = text.split('\n')[1]!;
    for (const broken of ['', 'x', second.replace('staged', 'stagee'), `${second} `]) {
      writeFileSync(transaction.file, text.replace(second, broken));
      const error = await rejection('STORE_DAMAGED', () => readTransactions(layout));
      expect(error.message).to.contain(transaction.file).and.contain('line 2');
    }
  });

  it('refuses a journal that does not begin at its beginning', async () => {
    const { file } = begin();
    const line = JSON.stringify({ kind: 'staged' });
    writeFileSync(file, `${sha256Hex(line)} ${line}\n`);
    await rejection('STORE_DAMAGED', () => readTransactions(layout));
  });

  it('refuses a journal of a newer version', async () => {
    const { file, begin: first } = begin();
    const line = JSON.stringify({ ...first, version: 3, somethingNew: true });
    writeFileSync(file, `${sha256Hex(line)} ${line}\n`);
    const error = await rejection('STORE_UNSUPPORTED', () => readTransactions(layout));
    expect(error.message).to.contain('newer');
    expect(error.hint).to.contain('version');
  });

  it('takes bytes after the last whole line for a torn line, whatever they are', () => {
    const { file } = begin();
    appendFileSync(file, Buffer.from([0xff, 0x0a, 0x80]));
    expect(readTransactions(layout)[0]?.state).to.equal('staging');
  });

  it('numbers transactions from 1, in order, and passes over other names', () => {
    for (let i = 1; i <= 11; i += 1) expect(begin().number).to.equal(i);
    for (const name of ['0', '012', 'x', '13.bak', '-1']) {
      mkdirSync(join(layout.journal, 'transactions', name));
    }
    rmSync(join(layout.journal, 'transactions/4'), { recursive: true });
    expect(readTransactions(layout).map(({ number }) => number)).to.deep.equal([
      1, 2, 3, 5, 6, 7, 8, 9, 10, 11,
    ]);
    expect(begin().number).to.equal(12);
    expect(readdirSync(join(layout.journal, 'transactions'))).to.include('12');
  });

  it('may be larger than any file of dockerd: it holds the configs of a whole batch', () => {
    const { file } = begin();
    // A torn line of zeros, because it takes no time to hash one.
    truncateSync(file, 65 * 2 ** 20);
    expect(readTransactions(layout)[0]?.state).to.equal('staging');
  });

  it('has no transactions where nothing was ever written', () => {
    expect(readTransactions(layout)).to.deep.equal([]);
  });

  function begin(): Transaction {
    return beginTransaction(hostDisk, layout, {
      startedAt: '2020-01-01T00:00:00.000Z',
      command: 'test',
      clone: 'auto',
      images: [],
      bound: EMPTY_PLAN,
    });
  }
});
