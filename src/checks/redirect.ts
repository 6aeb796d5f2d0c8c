import { counted } from '../domain/counted.ts';
import { finding, type Finding } from '../domain/finding.ts';
import type { ContentCheck, ContentFacts, DependentMark } from './content-facts.ts';

/**
 * Layers that overlayfs ties to the layers below them: a directory that was renamed (`redirect`)
 * shows the files of its old name there, a file whose data was not copied (`metacopy`) theirs.
 * Source: kernel Documentation/filesystems/overlayfs.rst; store.md 4.4 (measured on another base).
 */
export const redirectCheck: ContentCheck = {
  name: 'redirect',
  wanted: () => [],
  judge: ({ app, marks }: ContentFacts): Finding[] =>
    app.flatMap((layer) => {
      const own = marks.filter((mark) => mark.layer === layer);
      const [first] = own;
      return first === undefined ? [] : [tiedLayer(first, own.length)];
    }),
};

function tiedLayer({ layer, path, xattr }: DependentMark, marks: number): Finding {
  const name = xattr.slice(xattr.lastIndexOf('.') + 1);
  return finding(
    'redirect',
    'breaks',
    `an app layer takes files of its old base by name: overlay ${name} on /${path}` +
      (marks === 1 ? '' : ` and ${counted(marks - 1, 'more mark')}`),
    {
      why: 'on another base it would show other files, or none: the kernel looks them up below it',
      hint: 'build this image again; --allow does not help, such a layer is not cloned',
      path: `/${path}`,
      layers: [layer.diffId],
    },
  );
}
