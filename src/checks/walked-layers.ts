import { shortId } from '../domain/digest.ts';
import { finding, type Finding } from '../domain/finding.ts';
import type { ContentFacts } from './content-facts.ts';

/** Says of which layers the index was not to be had, so that the findings know less of them. */
export function walkedLayers({ oldBase, newBase, app }: ContentFacts): Finding[] {
  const layers = new Set([...oldBase.layers, ...newBase.layers, ...app]);
  return [...layers]
    .filter(({ index }) => index.source === 'directory')
    .map(({ diffId }) =>
      finding('index', 'note', `the directory of layer ${shortId(diffId)} was walked`, {
        why: 'its tar-split.json.gz is missing or cannot be read, so no checksums of its files are known',
        layers: [diffId],
      }),
    );
}
