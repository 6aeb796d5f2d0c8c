import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { readRpmDatabase } from '../../src/store/rpm/read-rpm-database.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

/** Two packages; the long description makes a header that takes several pages of any database. */
const SPEC = `
Name: example
Version: 1.0
Release: 3
Summary: An example
License: MIT
BuildArch: noarch
%description
${'long '.repeat(8000)}
%package -n example-libs
Epoch: 7
Version: 2.0~rc1
Summary: Another one
%description -n example-libs
short
%files
%files -n example-libs
`;

const PACKAGES = [
  { name: 'example', version: '1.0-3', architecture: 'noarch' },
  { name: 'example-libs', version: '7:2.0~rc1-3', architecture: 'noarch' },
];

/** Where rpm begins a header that is outside of a database. */
const HEADER_MAGIC = Buffer.from('8eade80100000000', 'hex');

describe('the databases that rpm and Berkeley DB write', () => {
  let root: string;

  before(() => {
    root = makeTempDir();
    const [specFile, database] = [join(root, 'example.spec'), join(root, 'db')];
    writeFileSync(specFile, SPEC);
    mkdirSync(database);
    run('rpmbuild', '--define', `_topdir ${root}`, '--define', `_tmppath ${root}`, '-bb', specFile);
    const packages = ['example-1.0-3', 'example-libs-2.0~rc1-3'].map((name) =>
      join(root, 'RPMS', 'noarch', `${name}.noarch.rpm`),
    );
    run('rpm', '--dbpath', database, '--install', '--justdb', '--nodeps', ...packages);
  });
  after(removeTempDirs);

  function run(tool: string, ...parameters: string[]): Buffer {
    const env = { ...process.env, HOME: root, LC_ALL: 'C' };
    return execFileSync(tool, parameters, {
      env,
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  it('reads what rpm wrote with sqlite', () => {
    const bytes = readFileSync(join(root, 'db', 'rpmdb.sqlite'));
    expect(readRpmDatabase(bytes)).to.have.deep.members(PACKAGES);
  });

  for (const [order, lorder] of [
    ['LE', 1234],
    ['BE', 4321],
  ] as const) {
    for (const pageSize of [512, 4096, 65536]) {
      it(`reads a Berkeley DB hash of ${order} pages of ${pageSize} bytes`, () => {
        const headers = headersIn(run('rpmdb', '--dbpath', join(root, 'db'), '--exportdb'));
        const number = (value: number): string => {
          const bytes = Buffer.alloc(4);
          if (order === 'LE') bytes.writeUInt32LE(value);
          else bytes.writeUInt32BE(value);
          return ` ${bytes.toString('hex')}`;
        };
        const rows = [
          [number(0), number(headers.length)],
          ...headers.map((header, at) => [number(at + 1), ` ${header.toString('hex')}`]),
        ];
        const dump = join(root, 'dump');
        const settings = `VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=${pageSize}\ndb_lorder=${lorder}`;
        writeFileSync(dump, `${settings}\nHEADER=END\n${rows.flat().join('\n')}\nDATA=END\n`);
        const file = join(root, `Packages-${order}-${pageSize}`);
        run('db5.3_load', '-f', dump, file);
        expect(readRpmDatabase(readFileSync(file))).to.have.deep.members(PACKAGES);
      });
    }
  }
});

/** The headers of an export, each as a database holds it. */
function headersIn(exported: Buffer): Buffer[] {
  const headers: Buffer[] = [];
  for (let at = 0; at < exported.length;) {
    expect(exported.subarray(at, at + 8)).to.deep.equal(HEADER_MAGIC);
    const [tags, data] = [exported.readUInt32BE(at + 8), exported.readUInt32BE(at + 12)];
    const end = at + 16 + 16 * tags + data;
    headers.push(exported.subarray(at + 8, end));
    at = end;
  }
  return headers;
}
