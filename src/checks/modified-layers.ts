import { shortId } from '../domain/digest.ts';
import { finding, type Finding } from '../domain/finding.ts';
import type { IndexedLayer } from '../domain/layer-index.ts';
import type { ContentFacts } from './content-facts.ts';

const HINT = 'rebase-image overlay status says which version is seen; overlay restore leads back';

/**
 * Says of which layers other files are seen than their own, since an overlay was applied to them.
 * What is checked is what is seen; what is cloned are a layer's own files.
 */
export function modifiedLayers({ oldBase, newBase, app }: ContentFacts): Finding[] {
  const bases = new Set([...oldBase.layers, ...newBase.layers]);
  return [
    ...[...bases].filter(isModified).map(({ diffId }) =>
      finding('modified-base', 'note', `layer ${shortId(diffId)} is that of a modified base`, {
        why: 'containers see other files than the own ones of the image, and so do the checks',
        hint: HINT,
        layers: [diffId],
      }),
    ),
    ...app.filter(isModified).map(({ diffId }) =>
      finding(
        'modified-base',
        'review',
        `app layer ${shortId(diffId)} is that of a modified base`,
        {
          why: 'the result gets the own files of the layer, not those that its containers see now',
          hint: HINT,
          layers: [diffId],
        },
      ),
    ),
  ];
}

function isModified({ index }: IndexedLayer): boolean {
  return index.source === 'version';
}
