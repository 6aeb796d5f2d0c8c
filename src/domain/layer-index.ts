/**
 * What one layer holds, without the contents: what its tar-split file or its directory says.
 * Source: store.md 1.1 (tar-split.json.gz), 1.8 (diff/); OCI image-spec layer.md (whiteouts).
 */
import type { ByteString } from './byte-string.ts';
import type { ChainID, DiffID } from './digest.ts';

/** Paths are byte strings without a leading or trailing slash, `.` and `..` resolved; '' = root. */
export interface LayerIndex {
  /**
   * Every file and directory of the layer, each once, a directory before what is in it; also the
   * root, and directories that were only made on the way to a file: they hide the one below.
   */
  readonly entries: readonly LayerEntry[];
  /** Paths that this layer deletes from the layers below (`.wh.NAME`, char device 0:0). */
  readonly whiteouts: ReadonlySet<ByteString>;
  /** Directories of which this layer hides what is below (`.wh..wh..opq`, trusted.overlay.opaque). */
  readonly opaque: ReadonlySet<ByteString>;
  /**
   * `directory`: tar-split was missing or unreadable. `version`: other files are seen of the layer
   * than its own (overlay/version.ts). Of both, checksums are not known.
   */
  readonly source: 'tar-split' | 'directory' | 'version';
}

export type EntryType = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo';

export interface LayerEntry {
  readonly path: ByteString;
  readonly type: EntryType;
  /** Permission bits with setuid, setgid and sticky: 0..0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes; 0 for what is no file. */
  readonly size: number;
  /** CRC-64 of the content as tar-split has it, base64; undefined when it is not known. */
  readonly crc: string | undefined;
  /** Target of a symlink, exactly as it stands. */
  readonly target: ByteString | undefined;
  /**
   * Path in the same layer whose file this is one more name of, and whose attributes it has: of all
   * names of a file the first in byte order.
   */
  readonly hardLinkOf: ByteString | undefined;
  /** Of char and block devices: `major:minor`. */
  readonly device: string | undefined;
}

/** A layer of the store with what it holds. */
export interface IndexedLayer {
  /** Where the store has it: an app layer's chain on the OLD base, also in the new tree. */
  readonly chainId: ChainID;
  readonly diffId: DiffID;
  readonly index: LayerIndex;
}
