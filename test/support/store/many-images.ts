/** Specs of large stores for benchmarks: thousands of images on a few bases. */
import type { ImageSpec, LayerSpec, StoreSpec } from './store-spec.ts';

export interface ManyImagesOptions {
  /** App images, without the bases. */
  readonly images: number;
  /** Bases, of two layers each (default 2): `base-0` (tag `base:0`) ... */
  readonly bases?: number;
  /** Layers of each app above its base (default 1). */
  readonly appLayers?: number;
  /**
   * `unique` (default): every app layer is another chain of its own. `shared`: all apps of one
   * base share their layers and differ in their config alone (no disk cost per image).
   */
  readonly content?: 'unique' | 'shared';
}

/**
 * The spec of `images` apps named `app-0` (tag `app-0:1`) ..., dealt out evenly to the bases. Only
 * plain small files, so that no process is started.
 */
export function manyImages(options: ManyImagesOptions): StoreSpec {
  const baseCount = options.bases ?? 2;
  const appLayers = options.appLayers ?? 1;
  const shared = Array.from({ length: appLayers }, (_, layer): LayerSpec => {
    return { files: { [`app/layer-${String(layer)}`]: 'the same in every app\n' } };
  });
  const bases = Array.from({ length: baseCount }, (_, i): ImageSpec => {
    const number = String(i);
    return {
      name: `base-${number}`,
      tags: [`base:${number}`],
      layers: [
        {
          files: { 'etc/os-release': `ID=test\nVERSION_ID=${number}\n`, 'bin/sh': { mode: 0o755 } },
        },
        { files: { 'usr/lib/libtest.so': `library ${number}\n` } },
      ],
      emptyHistory: ['/bin/sh -c #(nop)  CMD ["/bin/sh"]'],
    };
  });
  const apps = Array.from({ length: options.images }, (_, i): ImageSpec => {
    const number = String(i);
    return {
      name: `app-${number}`,
      tags: [`app-${number}:1`],
      from: `base-${String(i % baseCount)}`,
      layers:
        options.content === 'shared'
          ? shared
          : shared.map((_layer, layer) => ({
              files: { [`app/layer-${String(layer)}`]: `app ${number}\n` },
            })),
    };
  });
  return { images: [...bases, ...apps] };
}
