/**
 * Reads a bundle's manifest, which somebody may have changed. What it says of the archive is proved
 * by whoever opens the bundle; here it must only be whole, and agree with itself.
 */
import type { ByteString } from '../byte-string.ts';
import { asChainID, asDiffID, asImageID, chainIdsOf } from '../digest.ts';
import { Shape } from '../json-shape.ts';
import { parseJson } from '../json-text.ts';
import type { EntryType } from '../layer-index.ts';
import type { BundledBase, BundleEntry, BundleManifest } from './bundle.ts';
import { asVersionName } from './version.ts';

/** The first member of the archive. */
export const MANIFEST = 'manifest.json';

/** Bytes of it that are read: that of an image with some 500,000 files. */
export const MAX_MANIFEST = 128 * 2 ** 20;

/** Names the shape of the manifest; one that an older reader would misread gets a new number. */
export const BUNDLE_SCHEMA = 'rebase-image/overlay-bundle/v1';

const ANY_SCHEMA = /^rebase-image\/overlay-bundle\/v[1-9]\d*$/;
const TYPES: readonly EntryType[] = ['file', 'directory', 'symlink', 'char', 'block', 'fifo'];

/** As Linux has them: an owner is 32 bits, and its highest value stands for none. */
const MAX_ID = 2 ** 32 - 2;

/** The kernel's limit for a path, its final NUL not counted. */
const MAX_PATH = 4095;

/** Takes the text of `manifest.json`. Throws SyntaxError that says what is wrong with it. */
export function readBundleManifest(text: string): BundleManifest {
  const manifest = new Shape(parseJson(text));
  const schema = manifest.at('schema').text();
  if (schema !== BUNDLE_SCHEMA && ANY_SCHEMA.test(schema)) {
    throw new SyntaxError(`it was packed by a later version of this program (${schema})`);
  }
  const root = manifest.at('root');
  const read: BundleManifest = {
    schema: manifest.at('schema').oneOf([BUNDLE_SCHEMA]),
    tool: manifest.at('tool').text(),
    architecture: manifest.at('architecture').text(),
    os: manifest.at('os').text(),
    variant: manifest.at('variant').maybe((variant) => variant.text()),
    old: baseOf(manifest.at('old')),
    new: baseOf(manifest.at('new')),
    version: manifest.at('version').parsed('a version name', asVersionName),
    union: manifest.at('union').flag(),
    root: {
      uid: root.at('uid').parsed('an owner', idOf),
      gid: root.at('gid').parsed('an owner', idOf),
    },
    entries: manifest.at('entries').list(entryOf),
    whiteouts: manifest.at('whiteouts').list((path) => path.parsed('a path', pathOf)),
  };
  refuseImpossible(read);
  return read;
}

function baseOf(base: Shape): BundledBase {
  const diffIds = base.at('diffIds').list((each) => each.parsed('a DiffID', asDiffID));
  const chainId = base.at('chainId').parsed('a ChainID', asChainID);
  if (chainIdsOf(diffIds).at(-1) !== chainId) base.at('chainId').wrong('that of its layers');
  return {
    name: base.at('name').text(),
    imageId: base.at('imageId').parsed('an image ID', asImageID),
    chainId,
    diffIds,
  };
}

function entryOf(entry: Shape): BundleEntry {
  const type = entry.at('type').oneOf(TYPES);
  const isDevice = type === 'char' || type === 'block';
  const hardLinkOf = entry.at('hardLinkOf').maybe((path) => path.parsed('a path', pathOf));
  const carried = entry.at('carried').maybe((each) => each.flag()) ?? false;
  const hasContent = type === 'file' && carried && hardLinkOf === undefined;
  return {
    path: entry.at('path').parsed('a path', (value) => (value === '' ? '' : pathOf(value))),
    type,
    mode: entry.at('mode').parsed('a mode of four octal digits', modeOf),
    uid: entry.at('uid').maybe((uid) => uid.parsed('an owner', idOf)) ?? 0,
    gid: entry.at('gid').maybe((gid) => gid.parsed('an owner', idOf)) ?? 0,
    size: type === 'file' ? (entry.at('size').maybe((size) => size.count()) ?? 0) : 0,
    target: type === 'symlink' ? entry.at('target').parsed('a target', targetOf) : undefined,
    device: isDevice ? entry.at('device').parsed('a device', deviceOf) : undefined,
    hardLinkOf,
    carried,
    sha256: hasContent ? entry.at('sha256').parsed('a sha256', sha256Of) : undefined,
  };
}

/** Every name once and in a directory of the manifest, which the bundle carries if it carries the name. */
function refuseImpossible({ entries, whiteouts }: BundleManifest): void {
  const known = new Map<ByteString, BundleEntry>();
  for (const entry of entries) {
    const { path, carried, hardLinkOf } = entry;
    if (
      known.size === 0 ? path !== '' || entry.type !== 'directory' || !carried : known.has(path)
    ) {
      throw new SyntaxError(
        known.size === 0 ? 'it does not begin with the root' : 'it has a name twice',
      );
    }
    if (path !== '') refuseOrphan(known.get(parentOf(path)), carried);
    const file = hardLinkOf === undefined ? undefined : known.get(hardLinkOf);
    if (hardLinkOf !== undefined && !isNameOf(file, entry)) {
      throw new SyntaxError('it has a hard link to what is no file before it');
    }
    known.set(path, entry);
  }
  if (known.size === 0) throw new SyntaxError('it has no entries');
  const hidden = new Set<ByteString>();
  for (const path of whiteouts) {
    if (known.has(path) || hidden.has(path)) throw new SyntaxError('it deletes a name that it has');
    refuseOrphan(known.get(parentOf(path)), true);
    hidden.add(path);
  }
}

function refuseOrphan(parent: BundleEntry | undefined, carried: boolean): void {
  if (parent?.type === 'directory' && (parent.carried || !carried)) return;
  throw new SyntaxError('it has a name in what is no directory of it');
}

/** Whether these are two names of one file. */
function isNameOf(file: BundleEntry | undefined, link: BundleEntry): boolean {
  return (
    file !== undefined &&
    file.hardLinkOf === undefined &&
    file.carried === link.carried &&
    ['file', 'symlink'].includes(link.type) &&
    (['type', 'mode', 'uid', 'gid', 'size', 'target'] as const).every(
      (key) => file[key] === link[key],
    )
  );
}

/** The directory that a path is in. */
export function parentOf(path: ByteString): ByteString {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function idOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= MAX_ID
    ? (value as number)
    : undefined;
}

function modeOf(value: unknown): number | undefined {
  return typeof value === 'string' && /^[0-7]{4}$/.test(value) ? parseInt(value, 8) : undefined;
}

function targetOf(value: unknown): ByteString | undefined {
  if (typeof value !== 'string' || value === '' || value.length > MAX_PATH) return undefined;
  return /^[\x01-\xff]+$/.test(value) ? value : undefined;
}

/** A path below the root: no empty name, no `.` or `..`, and nothing that could be none in a tar. */
function pathOf(value: unknown): ByteString | undefined {
  const path = targetOf(value);
  return path === undefined || /(?:^|\/)\.{0,2}(?:\/|$)/.test(path) ? undefined : path;
}

function deviceOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^\d{1,10}:\d{1,10}$/.test(value) && value !== '0:0'
    ? value
    : undefined;
}

function sha256Of(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? value : undefined;
}
