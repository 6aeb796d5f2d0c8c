import { createHash } from 'node:crypto';
import path from 'node:path';
import {
  asImageID,
  chainIdOn,
  hexOf,
  type ChainID,
  type DiffID,
  type ImageID,
} from '../domain/digest.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import type { ImageFacts } from '../domain/inventory.ts';
import { imageFile, type Layout } from './layout.ts';
import { namesIn, readBytes, readField } from './read-file.ts';

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads every image of imagedb with what an examination judges of it (store.md 1.4, 1.5). */
export function readImageFacts(layout: Layout): Map<ImageID, ImageFacts> {
  const chains = new Chains();
  const ids = namesIn(layout.imageContent)
    .map((name) => asImageID(`sha256:${name}`))
    .filter((id) => id !== undefined);
  return new Map(ids.map((id) => [id, imageFacts(layout, id, chains)]));
}

function imageFacts(layout: Layout, id: ImageID, chains: Chains): ImageFacts {
  const metadata = path.join(layout.imageMetadata, hexOf(id));
  const facts = {
    id,
    parent: readField(path.join(metadata, 'parent')),
    lastUpdated: readField(path.join(metadata, 'lastUpdated')),
  };
  try {
    const bytes = readBytes(imageFile(layout, id)) ?? Buffer.alloc(0);
    const digestFits = createHash('sha256').update(bytes).digest('hex') === hexOf(id);
    const config = parseImageConfig(DECODER.decode(bytes));
    const chainIds = chains.of(config.diffIds);
    return { ...facts, digestFits, config, chainIds, problem: undefined };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const problem = reason.replace(/\s+/g, ' ');
    return { ...facts, digestFits: false, config: undefined, chainIds: [], problem };
  }
}

/** Images share most of their layers: each ChainID is computed once. */
class Chains {
  private readonly known = new Map<string, ChainID>();

  of(diffIds: readonly DiffID[]): ChainID[] {
    const chain: ChainID[] = [];
    for (const diffId of diffIds) {
      const parent = chain.at(-1);
      const key = `${parent ?? ''} ${diffId}`;
      const chainId = this.known.get(key) ?? chainIdOn(parent, diffId);
      this.known.set(key, chainId);
      chain.push(chainId);
    }
    return chain;
  }
}
