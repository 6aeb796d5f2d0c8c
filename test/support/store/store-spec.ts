/**
 * What a test says about the store it wants: images by name, their layers as files, containers.
 * `buildStore` (../store-builder.ts) turns it into a data-root.
 */

/** Attributes that any kind of file may carry; the defaults are root's, 0644/0755 and a fixed time. */
export interface FileAttributes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Whole seconds since the epoch. */
  readonly mtime?: number;
  readonly xattrs?: Readonly<Record<string, string | Buffer>>;
}

/** A regular file; `size` instead of `content` makes a sparse file of that many zero bytes. */
export interface RegularFile extends FileAttributes {
  readonly kind?: 'file';
  readonly content?: string | Buffer;
  readonly size?: number;
}

export interface Directory extends FileAttributes {
  readonly kind: 'dir';
  /** Hides what the layers below have in it: xattr on disk, `.wh..wh..opq` in the tar. */
  readonly opaque?: boolean;
}

export interface Symlink extends FileAttributes {
  readonly kind: 'symlink';
  readonly target: string;
}

/** A second name of a regular file of the SAME layer. */
export interface HardLink {
  readonly kind: 'hardlink';
  readonly target: string;
}

/** Deletes the name below: a 0:0 character device on disk, `.wh.NAME` in the tar. */
export interface Whiteout {
  readonly kind: 'whiteout';
}

export interface Device extends FileAttributes {
  readonly kind: 'char' | 'block';
  readonly major: number;
  readonly minor: number;
}

export interface Fifo extends FileAttributes {
  readonly kind: 'fifo';
}

export type FileSpec =
  string | Buffer | RegularFile | Directory | Symlink | HardLink | Whiteout | Device | Fifo;

/**
 * Files by path without a leading slash; missing parent directories are made 0755. The path `.`
 * (a Directory) sets the layer's own root. Equal files give an equal DiffID, in any key order.
 */
export interface LayerSpec {
  readonly files: Readonly<Record<string, FileSpec>>;
  /** `latin1`: each character of a path or target is one byte, for names that are no UTF-8. */
  readonly names?: 'utf8' | 'latin1';
  /** `created_by` of this layer's history entry. */
  readonly createdBy?: string;
}

/** One entry of the config's `history`, printed in dockerd's key order. */
export interface HistoryEntry {
  readonly created?: string;
  readonly author?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The container config of an image (`Env`, `Cmd`, `Labels`, ...), any of Docker's keys. */
export type DockerConfig = Readonly<Record<string, unknown>>;

export interface ImageSpec {
  /** The test's own name for the image; it appears nowhere in the store. */
  readonly name: string;
  /** Familiar names with a tag, `repo:tag`; none makes an untagged image. */
  readonly tags?: readonly string[];
  /** `repo@sha256:...` references, or just `repo` for a digest made up from the ImageID. */
  readonly digests?: readonly string[];
  /** The image (earlier in the list) whose layers, history and config this one starts from. */
  readonly from?: string;
  readonly layers?: readonly LayerSpec[];
  /** Laid over the config of `from`; lists and maps are replaced, not merged. */
  readonly config?: DockerConfig;
  /**
   * `consistent` (default): the history of `from`, one entry per own layer, then `emptyHistory`.
   * `absent`: no history key. A list replaces the whole history.
   */
  readonly history?: 'consistent' | 'absent' | readonly HistoryEntry[];
  /** `created_by` of entries without a layer, after those of the layers. */
  readonly emptyHistory?: readonly string[];
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly created?: string;
  /** More top-level keys of the image JSON (author, comment, unknown ones). */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Last word on the config's exact bytes; the ImageID follows. */
  readonly configText?: (compactJson: string) => string;
  /**
   * Writes imagedb's `parent` (the ImageID of `from`), as commit and the classic build do. They add
   * one history entry per image; `docker load` of such an image after `docker save` calls a parent
   * that is further away "not a valid parent".
   */
  readonly parentLink?: boolean;
  /** Writes imagedb's `builtLocally` (one byte 0x01). */
  readonly builtLocally?: boolean;
  /** 25-character base36 cache-ids and BuildKit's config keys. */
  readonly buildkit?: boolean;
}

export interface ContainerSpec {
  readonly name: string;
  /** Name of an ImageSpec. */
  readonly image: string;
  /** What `docker ps` shows; default: the image's first tag, else its ID. */
  readonly imageName?: string;
  /**
   * `true` records this very process as the container's, so that the pid is alive; a number is
   * recorded as it is. Start no real dockerd on a store with running containers.
   */
  readonly running?: boolean | number;
  /** Files that the container wrote (its upper directory). */
  readonly files?: Readonly<Record<string, FileSpec>>;
  readonly restartPolicy?: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  readonly autoRemove?: boolean;
}

export interface StoreSpec {
  readonly images: readonly ImageSpec[];
  readonly containers?: readonly ContainerSpec[];
}
