/** What a code means; every member of StoreCode has one (`../remedies.ts`). */
import type { DamageClass } from '../../domain/store-finding.ts';

export interface Meaning {
  readonly class: DamageClass;
  /** What dockerd does about it. */
  readonly consequence: string;
  /** Where it is known. */
  readonly issues?: readonly string[];
  readonly remedy: string;
}

export const AGAIN = 'then pull, load or build the image again';

export const STOPPED = 'with dockerd stopped and a copy of the data-root at hand';
