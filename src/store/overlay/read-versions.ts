/**
 * The versions of layers' files that this program has built: `diff.<version>` with its record
 * beside dockerd's `diff`. What lies in a layer directory may be anybody's: a name that is no
 * version's is not taken, nor a folder that is none, nor a record that does not say just that.
 */
import path from 'node:path';
import { asChainID, asImageID } from '../../domain/digest.ts';
import { Shape } from '../../domain/json-shape.ts';
import {
  asVersionName,
  folderOfVersion,
  ORIGINAL,
  recordOfVersion,
  versionOfFolder,
  type BaseIdentity,
  type LayerVersions,
  type OverlayVersion,
  type VersionFolders,
} from '../../domain/overlay/version.ts';
import { activeFolder } from '../active-directory.ts';
import { isLayerName } from '../layer-name.ts';
import { layerDirectory, type Layout } from '../layout.ts';
import { foldersIn, namesIn, readField, statOf } from '../read-file.ts';

/** All versions of one layer, and the folder that is mounted; undefined when it has no directory. */
export function readLayerVersions(layout: Layout, cacheId: string): LayerVersions | undefined {
  if (!isLayerName(cacheId)) return undefined;
  const directory = layerDirectory(layout, cacheId);
  if (statOf(directory)?.isDirectory() !== true) return undefined;
  return { cacheId, active: activeFolder(layout, cacheId), ...readVersionFolders(directory) };
}

/** Every layer that has a version, or of whose folders one looks like it; sorted by cache-id. */
export function readAllVersions(layout: Layout): LayerVersions[] {
  return foldersIn(layout.overlay)
    .sort()
    .map((cacheId) => readLayerVersions(layout, cacheId))
    .filter((layer) => layer !== undefined)
    .filter(
      ({ active, versions, unknown, strays }) =>
        (active !== undefined && active !== ORIGINAL) ||
        versions.length + unknown.length + strays.length > 0,
    );
}

/** What a layer directory holds beside dockerd's own names. */
export function readVersionFolders(directory: string): VersionFolders {
  const names = namesIn(directory).sort();
  const versions = names
    .map(versionOfFolder)
    .filter((version) => version !== undefined)
    .map((version) => readVersion(directory, version))
    .filter((version) => version !== undefined);
  const whole = new Set(
    versions.flatMap(({ version }) => [folderOfVersion(version), recordOfVersion(version)]),
  );
  const others = names.filter((name) => !whole.has(name));
  return {
    versions,
    unknown: others.filter((name) => name.startsWith(`${ORIGINAL}.`)),
    strays: others.filter((name) => name.startsWith('rebase-image')),
  };
}

/** What the record beside a version's folder says; undefined when it is not whole. */
function readVersion(directory: string, version: string): OverlayVersion | undefined {
  const folder = statOf(path.join(directory, folderOfVersion(version)));
  if (folder?.isDirectory() !== true) return undefined;
  const text = readField(path.join(directory, recordOfVersion(version)));
  if (text === undefined) return undefined;
  try {
    const shape = new Shape(JSON.parse(text));
    const read: OverlayVersion = {
      version: shape.at('version').parsed('a version', asVersionName),
      base: identityIn(shape.at('base')),
      shows: identityIn(shape.at('shows')),
      union: shape.at('union').flag(),
      transaction: shape.at('transaction').count(),
    };
    return read.version === version ? read : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function identityIn(shape: Shape): BaseIdentity {
  return {
    name: shape.at('name').text(),
    imageId: shape.at('imageId').parsed('an image ID', asImageID),
    chainId: shape.at('chainId').parsed('a chain ID', asChainID),
  };
}
