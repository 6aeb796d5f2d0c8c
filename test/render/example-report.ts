/**
 * Small reports as a run would make them: my-alpine:3.7 with two app layers, from alpine:3.7 to
 * alpine:3.12. Every digest is derived, so that the documents hold together.
 */
import type { BoundPlan, NewLayer } from '../../src/domain/bound-plan.ts';
import {
  chainIdsOf,
  imageIdOf,
  sha256Hex,
  type DiffID,
  type ImageID,
} from '../../src/domain/digest.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { ImageState, PlannedRebase } from '../../src/domain/plan.ts';
import type { PlanReport } from '../../src/domain/report.ts';
import type { ConfigMode, SettingChange } from '../../src/domain/settings.ts';
import type { ContainerRecord } from '../../src/domain/snapshot.ts';

export interface ExampleHistory {
  readonly created?: string;
  readonly created_by?: string;
  readonly empty_layer?: boolean;
}

/** A stack of layers under one name, as its own history tells it. */
export interface ExampleBase {
  readonly name: string;
  readonly layers: readonly string[];
  readonly history: readonly ExampleHistory[];
}

export interface ExampleImage {
  readonly reference: string;
  readonly oldBase: ExampleBase;
  readonly newBase: ExampleBase;
  readonly appLayers: readonly string[];
  readonly appHistory: readonly ExampleHistory[];
  readonly findings?: readonly Finding[];
  readonly allowed?: readonly string[];
  readonly mode?: ConfigMode;
  readonly settings?: readonly SettingChange[];
  readonly config?: { readonly before: object; readonly after: object };
}

export const ALPINE_37: ExampleBase = {
  name: 'alpine:3.7',
  layers: ['alpine-3.7'],
  history: [
    {
      created: '2019-03-07T22:19:46.661698137Z',
      created_by: '/bin/sh -c #(nop) ADD file:aa17928040e31624c in / ',
    },
    {
      created: '2019-03-07T22:19:46.815331171Z',
      created_by: '/bin/sh -c #(nop)  CMD ["/bin/sh"]',
      empty_layer: true,
    },
  ],
};

export const ALPINE_312: ExampleBase = {
  name: 'alpine:3.12',
  layers: ['alpine-3.12'],
  history: [
    {
      created: '2020-05-29T21:19:46.192045972Z',
      created_by: '/bin/sh -c #(nop) ADD file:c92c248239f8c7b9b in / ',
    },
    {
      created: '2020-05-29T21:19:46.363518345Z',
      created_by: '/bin/sh -c #(nop)  CMD ["/bin/sh"]',
      empty_layer: true,
    },
  ],
};

export const MY_ALPINE: ExampleImage = {
  reference: 'my-alpine:3.7',
  oldBase: ALPINE_37,
  newBase: ALPINE_312,
  appLayers: ['curl', 'app'],
  appHistory: [
    { created: '2019-04-01T10:00:00Z', created_by: '/bin/sh -c apk add --no-cache curl' },
    {
      created: '2019-04-01T10:00:07Z',
      created_by: '/bin/sh -c #(nop) COPY dir:0c2f4e8815d3 in /app ',
    },
    {
      created: '2019-04-01T10:00:08Z',
      created_by: '/bin/sh -c #(nop)  CMD ["/app/run"]',
      empty_layer: true,
    },
  ],
};

/** A base of so many layers. */
export function baseOf(name: string, count: number): ExampleBase {
  const layers = Array.from({ length: count }, (_, index) => `${name} ${index}`);
  return {
    name,
    layers,
    history: layers.map((layer, index) => ({
      created: `2020-01-01T00:00:${String(index % 60).padStart(2, '0')}Z`,
      created_by: `RUN /bin/sh -c step ${layer} # buildkit`,
    })),
  };
}

export function diffIdOf(name: string): DiffID {
  return `sha256:${sha256Hex(`layer ${name}`)}` as DiffID;
}

/** The plan of one image. */
export function exampleRebase(image: ExampleImage): PlannedRebase {
  const { reference, oldBase, newBase } = image;
  const before = stateOf(oldBase, image, image.config?.before);
  const after = stateOf(newBase, image, image.config?.after);
  return {
    kind: 'rebase',
    reference,
    before,
    after,
    oldBase: {
      name: oldBase.name,
      layers: oldBase.layers.length,
      imageId: imageIdOf(oldBase.name),
      evidence: 'its layer is how the image begins',
    },
    newBase: {
      name: newBase.name,
      layers: newBase.layers.length,
      imageId: imageIdOf(newBase.name),
    },
    config: image.mode ?? 'merge',
    settings: image.settings ?? [],
    tags: [
      {
        repository: reference.slice(0, reference.lastIndexOf(':')),
        key: reference,
        before: before.imageId,
        after: after.imageId,
      },
    ],
    findings: image.findings ?? [],
    allowed: new Set(image.allowed),
  };
}

/** A whole report over such images; `changes` replace what it says otherwise. */
export function exampleReport(
  images: readonly ExampleImage[] = [MY_ALPINE],
  changes: Partial<PlanReport> = {},
): PlanReport {
  const rebases = images.map(exampleRebase);
  return {
    storeRoot: '/var/lib/docker',
    daemon: { running: true, version: '20.10.24', livingOn: [] },
    plan: { images: rebases },
    failures: [],
    warnings: [],
    bound: boundOf(rebases),
    names: new Map<ImageID, string>(),
    keptTags: new Map<ImageID, readonly string[]>(),
    clone: 'auto',
    cost: {
      auto: { bytes: 123_456, inodes: 34 },
      reflink: { bytes: 0, inodes: 40 },
      link: { bytes: 0, inodes: 12 },
      copy: { bytes: 4_413_428, inodes: 40 },
    },
    layerBytes: new Map(boundOf(rebases).layers.map(({ chainId }) => [chainId, 2_206_714])),
    containers: [],
    restart: undefined,
    ...changes,
  };
}

/** A container of an image. */
export function exampleContainer(
  name: string,
  { running = true, image = MY_ALPINE }: { running?: boolean; image?: ExampleImage } = {},
): ContainerRecord {
  const imageId = exampleRebase(image).before.imageId;
  return { id: sha256Hex(`container ${name}`), name, imageId, driver: 'overlay2', running };
}

function stateOf(base: ExampleBase, image: ExampleImage, config: object = {}): ImageState {
  const diffIds = [...base.layers, ...image.appLayers].map(diffIdOf);
  const configText = JSON.stringify({
    architecture: 'amd64',
    config: { Env: ['PATH=/usr/bin'], ...config },
    history: [...base.history, ...image.appHistory],
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  return { imageId: imageIdOf(configText), configText, diffIds, chainIds: chainIdsOf(diffIds) };
}

function boundOf(rebases: readonly PlannedRebase[]): BoundPlan {
  const layers = rebases.flatMap(({ before, after, oldBase, newBase }) =>
    after.diffIds.slice(newBase.layers).map((diffId, index): NewLayer => {
      const at = newBase.layers + index;
      const chainId = after.chainIds[at]!;
      return {
        chainId,
        diffId,
        parent: after.chainIds[at - 1],
        cacheId: sha256Hex(`cache ${chainId}`),
        link: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
        lower: 'l/ZYXWVUTSRQPONMLKJIHGFEDCBA',
        source: {
          chainId: before.chainIds[oldBase.layers + index]!,
          cacheId: sha256Hex(`source ${diffId}`),
        },
      };
    }),
  );
  return {
    layers,
    reused: [],
    committed: [],
    images: rebases.map(({ after: { imageId, configText } }) => ({ imageId, configText })),
    tags: rebases.flatMap(({ tags }) => tags),
    tops: [],
    switches: [],
  };
}
