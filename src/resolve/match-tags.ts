/**
 * Globs over the tags of a host.
 */

/**
 * Those of `keys` (`team/app:1`) that match one of the globs and none of the excluded ones, in
 * their order. `*` stands for any characters but a slash, `**` for any, `?` for one. A glob without a
 * tag matches every tag of the repositories that it names.
 */
export function matchTags(
  keys: readonly string[],
  globs: readonly string[],
  excluded: readonly string[] = [],
): string[] {
  const wanted = globs.map(patternOf);
  const unwanted = excluded.map(patternOf);
  return keys.filter(
    (key) => wanted.some((glob) => glob.test(key)) && !unwanted.some((glob) => glob.test(key)),
  );
}

function patternOf(glob: string): RegExp {
  const hasTag = glob.lastIndexOf(':') > glob.lastIndexOf('/');
  const source = (hasTag ? glob : `${glob}:*`)
    .split(/(\*+|\?)/)
    .map((part) => {
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return /^\*+$/.test(part) ? '.*' : part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`, 's');
}
