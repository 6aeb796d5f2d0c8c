/**
 * Labels by which an image names the base that it was built on.
 * Source: OCI image-spec annotations.md, "Pre-Defined Annotation Keys".
 */
import type { SettingChange } from '../../domain/settings.ts';
import type { ImageID } from '../../domain/digest.ts';
import { isReference, parseReference } from '../../domain/reference.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { goString } from './go-text.ts';

const BASE_NAME = 'org.opencontainers.image.base.name';
const BASE_DIGEST = 'org.opencontainers.image.base.digest';

/** What the labels of an image on a base should say; undefined where that is not known. */
export interface BaseLabels {
  readonly name: string | undefined;
  readonly digest: string | undefined;
}

/**
 * The base as labels name it: `name` when it is a reference and no ID, and the digest under which
 * the host has got it, from that repository if there are several.
 */
export function baseLabelsOf(
  { tags }: Pick<Snapshot, 'tags'>,
  { imageId, name }: { readonly imageId: ImageID; readonly name: string },
): BaseLabels {
  const isName = tags.byKey.get(name)?.imageId === imageId && isReference(name);
  const repository = isName ? parseReference(name).repository : undefined;
  const digests = [...(tags.byImage.get(imageId) ?? [])]
    .filter((key) => key.includes('@'))
    .sort((a, b) => (a < b ? -1 : 1));
  const own = digests.find((key) => key.startsWith(`${repository ?? ''}@`)) ?? digests[0];
  return {
    name: isName ? name : undefined,
    digest: own?.slice(own.indexOf('@') + 1),
  };
}

/**
 * How a label of the image's own is brought up to date; undefined when it is none of these, or says
 * so already. A label whose text is not known any more goes: a wrong one is worse than none.
 */
export function updatedLabel(
  label: string,
  before: string,
  base: BaseLabels,
): Pick<SettingChange, 'after'> | undefined {
  if (label !== BASE_NAME && label !== BASE_DIGEST) return undefined;
  const value = label === BASE_DIGEST ? base.digest : inFormOf(before, base.name);
  const after = value === undefined ? undefined : goString(value);
  return after === before ? undefined : { after };
}

/** Labels of some tools write `docker.io/library/alpine:3.12`, others `alpine:3.12`. */
function inFormOf(before: string, name: string | undefined): string | undefined {
  const domain = /^"((?:index\.)?docker\.io)\/(library\/)?/.exec(before);
  if (name === undefined || domain === null || hasDomain(name)) return name;
  const official = domain[2] !== undefined && !name.includes('/') ? 'library/' : '';
  return `${domain[1] ?? ''}/${official}${name}`;
}

function hasDomain(name: string): boolean {
  const [first = '', rest] = name.split('/');
  return rest !== undefined && (/[.:]/.test(first) || first === 'localhost');
}
