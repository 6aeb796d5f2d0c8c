/**
 * What `overlay pack` carries to other hosts: an overlay diff that makes one base look like another.
 * `manifest.json` comes first in the archive, then `diff/` in OverlayFS form.
 */
import type { ByteString } from '../byte-string.ts';
import type { DiffID } from '../digest.ts';
import type { LayerEntry } from '../layer-index.ts';
import type { BaseIdentity } from './version.ts';

export interface BundledBase extends BaseIdentity {
  readonly diffIds: readonly DiffID[];
}

/** One name of the new base's tree. */
export interface BundleEntry extends Pick<
  LayerEntry,
  'path' | 'type' | 'mode' | 'uid' | 'gid' | 'size' | 'target' | 'hardLinkOf' | 'device'
> {
  /** Whether the bundle holds it; what it does not hold is there on the old base, just so. */
  readonly carried: boolean;
  /** Hex, of a carried file's content. */
  readonly sha256: string | undefined;
}

export interface BundleManifest {
  readonly schema: 'rebase-image/overlay-bundle/v1';
  /** Version of the program that packed it. */
  readonly tool: string;
  /** As in image configs: `amd64`, `linux`. */
  readonly architecture: string;
  readonly os: string;
  readonly variant: string | undefined;
  readonly old: BundledBase;
  readonly new: BundledBase;
  /** Name for the version: the new base's tag, or its short ImageID. */
  readonly version: string;
  readonly union: boolean;
  /** uid and gid that the archive has for a container's root: not 0 under userns-remap. */
  readonly root: { readonly uid: number; readonly gid: number };
  /** The new base's whole tree, a directory before what is in it; the root is `''`. */
  readonly entries: readonly BundleEntry[];
  /** What is deleted from the old base. */
  readonly whiteouts: readonly ByteString[];
}
