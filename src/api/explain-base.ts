import { parseImageConfig } from '../domain/image-config.ts';
import type { BaseReport } from '../domain/report.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { RebaseError } from '../errors.ts';
import { candidatesFor, nameOf } from '../resolve/candidates.ts';
import { findImage, type FoundImage } from '../resolve/find-image.ts';
import { detectedBase } from '../resolve/old-base.ts';
import { proposeSeams } from '../resolve/propose-seams.ts';
import { readSnapshot } from '../store/read-snapshot.ts';
import type { OpenStore } from './open-store.ts';

const BASE_LABEL = 'org.opencontainers.image.base.';

/**
 * What an image was built on, with the evidence, the other candidates and, where its base is gone,
 * the places in its layers where a base may have ended. Reads only.
 * Throws what naming an image can throw.
 */
export function explainBase({ layout }: OpenStore, text: string): BaseReport {
  const snapshot = readSnapshot(layout);
  const found = findImage(snapshot, text);
  const all = candidatesFor(snapshot, found.image);
  const named = all.filter(({ tags, digests }) => tags.length + digests.length > 0);
  const candidates = named.length > 0 ? named : all;
  const { detected, undecided } = detect(snapshot, found);
  const { labels } = parseImageConfig(found.image.text);
  return {
    reference: found.name,
    imageId: found.image.id,
    layers: found.image.diffIds.length,
    detected,
    undecided,
    candidates: candidates.map((candidate) => ({
      name: nameOf(candidate),
      imageId: candidate.image.id,
      layers: candidate.layers,
      tags: candidate.tags,
      historyMatches: candidate.history >= 0,
    })),
    proposals: candidates.length > 0 ? [] : proposeSeams(snapshot, found.image),
    labels: new Map([...labels].filter(([key]) => key.startsWith(BASE_LABEL))),
  };
}

function detect(snapshot: Snapshot, found: FoundImage): Pick<BaseReport, 'detected' | 'undecided'> {
  try {
    return { detected: detectedBase(snapshot, found), undecided: undefined };
  } catch (error) {
    if (!(error instanceof RebaseError)) throw error;
    return { detected: undefined, undecided: error.message };
  }
}
