/**
 * Arguments of tar for the extended attributes of a bundle: ACLs as numbers, where `--acls` would
 * write names of users; no marks of overlayfs, which mean something in one place only; no labels
 * (`security.selinux`, `security.ima`), which are the host's.
 */
export const XATTR_OPTIONS: readonly string[] = [
  '--xattrs',
  ...['user.*', 'trusted.*', 'security.capability', 'system.posix_acl_*'].map(
    (name) => `--xattrs-include=${name}`,
  ),
  ...['user.overlay.*', 'trusted.overlay.*'].map((name) => `--xattrs-exclude=${name}`),
];
