/**
 * Where the base of an image may have ended when the base's own image is gone. Evidence for a
 * person to judge, never proof.
 */
import { chainIdsOf, type ChainID } from '../domain/digest.ts';
import { layersIn, parseImageConfig, type HistoryEntry } from '../domain/image-config.ts';
import type { SeamProposal } from '../domain/report.ts';
import type { ImageRecord, Snapshot } from '../domain/snapshot.ts';

/**
 * Proposes seams below the image's top layer, the best first: chains that other images share and
 * that end there, and a CMD or ENTRYPOINT in the history, which closes most bases.
 */
export function proposeSeams(snapshot: Snapshot, image: ImageRecord): SeamProposal[] {
  const { history } = parseImageConfig(image.text);
  const shared = sharedBy(snapshot, image);
  const closing = closedAt(layersIn(history) === image.diffIds.length ? history : []);
  const proposals: { proposal: SeamProposal; weight: number }[] = [];
  for (const [index, topDiffId] of image.diffIds.slice(0, -1).entries()) {
    const layers = index + 1;
    const here = shared[index] ?? 0;
    const ends = here > (shared[index + 1] ?? 0);
    const instruction = closing.get(layers);
    const evidence = [
      ...(ends
        ? [`${here} other ${here === 1 ? 'image shares' : 'images share'} these layers`]
        : []),
      ...(instruction === undefined ? [] : [`its history has ${instruction} here`]),
    ];
    if (evidence.length === 0) continue;
    const weight = (ends ? 2 + here : 0) + (instruction === undefined ? 0 : 2);
    proposals.push({ proposal: { layers, topDiffId, evidence }, weight });
  }
  return proposals
    .sort((a, b) => b.weight - a.weight || a.proposal.layers - b.proposal.layers)
    .map(({ proposal }) => proposal);
}

/** For each layer, how many other images begin with the same layers up to it. */
function sharedBy(snapshot: Snapshot, image: ImageRecord): number[] {
  const chains = chainIdsOf(image.diffIds);
  const users = new Map<ChainID, number>(chains.map((chainId) => [chainId, 0]));
  for (const other of snapshot.images.values()) {
    if (other.id === image.id || other.diffIds[0] !== image.diffIds[0]) continue;
    for (const chainId of chainIdsOf(other.diffIds)) {
      const count = users.get(chainId);
      if (count === undefined) break;
      users.set(chainId, count + 1);
    }
  }
  return chains.map((chainId) => users.get(chainId) ?? 0);
}

/** Layer counts at which the history has a CMD or ENTRYPOINT, as bases end, with its text. */
function closedAt(history: readonly HistoryEntry[]): Map<number, string> {
  const found = new Map<number, string>();
  let layers = 0;
  for (const { emptyLayer, createdBy } of history) {
    if (!emptyLayer) layers += 1;
    const instruction = createdBy.replace(/^\/bin\/sh -c #\(nop\)\s+/, '');
    if (emptyLayer && /^(CMD|ENTRYPOINT)\b/.test(instruction)) found.set(layers, instruction);
  }
  return found;
}
