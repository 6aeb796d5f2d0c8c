import type { ByteString } from '../../domain/byte-string.ts';
import type { BundleEntry, BundleManifest } from '../../domain/overlay/bundle.ts';
import { parentOf } from '../../domain/overlay/read-bundle-manifest.ts';
import { RebaseError } from '../../errors.ts';
import type { TarMember } from '../tar-members.ts';

/** The folder of the archive that everything but the manifest is in. */
const ROOT = 'diff';

const TYPE_FLAGS = {
  file: '0',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
} as const;

/** No marks of overlayfs and no labels of a host: none of them is of a layer. */
const XATTR =
  /^(?:(?:user|trusted)\.(?!overlay\.)|security\.capability$|system\.posix_acl_(?:access|default)$)/;

/**
 * Compares the members of an archive with the manifest, as they come: each is one that the manifest
 * has, just so, once, and after the directory that it is in.
 */
export class BundleMembers {
  readonly #carried: ReadonlyMap<ByteString, BundleEntry>;
  readonly #whiteouts: ReadonlySet<ByteString>;
  readonly #root: BundleManifest['root'];
  readonly #seen = new Set<ByteString>();

  constructor({ entries, whiteouts, root }: BundleManifest) {
    this.#carried = new Map(
      entries.filter(({ carried }) => carried).map((entry) => [entry.path, entry]),
    );
    this.#whiteouts = new Set(whiteouts);
    this.#root = root;
  }

  /**
   * The entry that a member is; undefined for a whiteout. Throws STORE_DAMAGED, naming nothing that
   * is not in the manifest.
   */
  take(member: TarMember): BundleEntry | undefined {
    const path = pathOf(member);
    if (this.#seen.has(path)) throw foreign('it has a name twice');
    if (path !== '' && !this.#seen.has(parentOf(path))) {
      throw foreign('it has a name before the directory that it is in');
    }
    if ([...member.xattrs.keys()].some((name) => !XATTR.test(name))) {
      throw foreign('it has marks that no layer brings');
    }
    this.#seen.add(path);
    if (this.#whiteouts.has(path)) {
      if (!isWhiteout(member)) throw foreign('it has a file in place of a deletion');
      return undefined;
    }
    const entry = this.#carried.get(path);
    if (entry === undefined) throw foreign('it has a name that is not in its manifest');
    if (!this.#isJustSo(member, entry))
      throw foreign('it has a file that is not as its manifest says');
    return entry;
  }

  /** To be called at the archive's end. Throws STORE_DAMAGED when something is missing. */
  end(): void {
    const missing = this.#carried.size + this.#whiteouts.size - this.#seen.size;
    if (missing > 0) throw foreign(`it lacks ${missing} of the names in its manifest`);
  }

  #isJustSo(member: TarMember, entry: BundleEntry): boolean {
    const { type, mode, uid, gid, hardLinkOf, size, target, device } = entry;
    const owned = member.uid === uid + this.#root.uid && member.gid === gid + this.#root.gid;
    if (!owned || member.mode !== mode) return false;
    // A name before it in the archive, and no directory, since the manifest says so.
    if (hardLinkOf !== undefined) {
      return (
        member.type === '1' &&
        member.linkName === `${ROOT}/${hardLinkOf}` &&
        this.#seen.has(hardLinkOf)
      );
    }
    if (member.type !== TYPE_FLAGS[type] || member.size !== size) return false;
    if (type === 'symlink') return member.linkName === target;
    return device === undefined || device === `${member.major}:${member.minor}`;
  }
}

/** Below `diff`, without its slash at the end, which only directories have. */
function pathOf({ name, type }: TarMember): ByteString {
  const path = type === '5' ? name.replace(/\/$/, '') : name;
  if (path === ROOT) return '';
  if (!path.startsWith(`${ROOT}/`)) throw foreign(`it has a name outside ${ROOT}`);
  return path.slice(ROOT.length + 1);
}

function isWhiteout({ type, major, minor, mode, uid, gid, xattrs }: TarMember): boolean {
  return type === '3' && [major, minor, mode, uid, gid, xattrs.size].every((value) => value === 0);
}

function foreign(why: string): RebaseError {
  return new RebaseError('STORE_DAMAGED', why);
}
