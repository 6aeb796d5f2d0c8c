import { checkDepth } from '../checks/depth.ts';
import { checkOldBase } from '../checks/old-base.ts';
import { checkPlatform } from '../checks/platform.ts';
import { parseImageConfig } from '../domain/image-config.ts';
import type { ImagePlan } from '../domain/plan.ts';
import type { ConfigMode } from '../domain/settings.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { planImage } from '../plan/plan-image.ts';
import type { FoundImage } from '../resolve/find-image.ts';
import { resolveOldBase } from '../resolve/old-base.ts';

/**
 * What becomes of one image on a new base, with the findings that need its config only. Tags and
 * what the layers hold are the caller's to add.
 * Throws what deciding on the old base can throw, STORE_DAMAGED, CHECK_REFUSED above 127 layers.
 */
export function planOntoBase(
  snapshot: Snapshot,
  {
    found,
    onto,
    from,
    config,
    allow,
  }: {
    readonly found: FoundImage;
    readonly onto: FoundImage;
    readonly from: string | undefined;
    readonly config: ConfigMode;
    readonly allow: ReadonlySet<string>;
  },
): ImagePlan {
  const { image, name: reference } = found;
  const resolution = resolveOldBase(snapshot, { image: found, onto, from });
  if (resolution.kind === 'nothing') {
    return { kind: 'nothing', reference, imageId: image.id, reason: resolution.reason };
  }
  const newBase = { image: onto.image, name: onto.name };
  const planned = planImage(snapshot, {
    image,
    reference,
    oldBase: resolution.base,
    newBase,
    config,
    allow,
  });
  if (planned.kind === 'nothing') return planned;
  return {
    ...planned,
    findings: [
      ...checkPlatform(
        parseImageConfig(image.text).platform,
        parseImageConfig(onto.image.text).platform,
      ),
      ...checkDepth(planned.after.diffIds.length),
      ...(from === undefined ? checkOldBase(planned) : []),
      ...planned.findings,
    ],
  };
}
