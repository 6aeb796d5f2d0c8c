import type { PackageFact } from '../../domain/file-fact.ts';
import { berkeleyValues, isBerkeleyHash } from './berkeley-hash.ts';
import { isNdb, ndbBlobs } from './ndb.ts';
import { readRpmHeader } from './rpm-header.ts';
import { isSqlite, sqliteTable } from './sqlite-table.ts';

/** Not a package: rpm keeps the keys that it trusts under this name. */
const TRUSTED_KEY = 'gpg-pubkey';

/**
 * The packages in the bytes of an rpm database, whichever of its three formats it has: Berkeley DB
 * (`Packages`, until rpm 4.15), ndb (`Packages.db`, SUSE), sqlite (`rpmdb.sqlite`, since 4.16).
 * Throws SyntaxError, with a reason for people, for what is none of them or is damaged. Its work is
 * bounded by the length of the bytes, whatever they are.
 */
export function readRpmDatabase(bytes: Buffer): PackageFact[] {
  try {
    return headersIn(bytes)
      .map(readRpmHeader)
      .filter(({ name }) => name !== TRUSTED_KEY);
  } catch (error) {
    // Buffer throws it for every offset outside.
    if (!(error instanceof RangeError)) throw error;
    throw new SyntaxError('it is damaged: it points outside itself', { cause: error });
  }
}

function headersIn(bytes: Buffer): Buffer[] {
  if (isSqlite(bytes)) return sqliteTable(bytes, 'Packages').map(([, blob]) => blobOf(blob));
  if (isNdb(bytes)) return ndbBlobs(bytes);
  if (isBerkeleyHash(bytes)) return berkeleyValues(bytes);
  throw new SyntaxError('it is no rpm database');
}

function blobOf(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  throw new SyntaxError('it is damaged: a package is no blob');
}
