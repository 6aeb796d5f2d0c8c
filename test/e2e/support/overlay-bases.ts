/** Bases of the overlay tests: three versions of one base, as the authors of the seeds have them. */
import type { Engine } from './engine.ts';
import { buildBase, buildImage, type Files, run } from './images.ts';

export const V1 = 'base:20220621';
export const V2 = 'base:20220628';
export const V3 = 'base:20220726';

/** Where the bases differ; app images have files in etc and srv. */
const LOWER: Files = {
  'etc/release': 'base\n',
  'srv/gone/file': 'only in the first\n',
  'opt/kind/inside': 'a directory in the first\n',
  'opt/link': { symlink: '/etc/release' },
};
const TOP: Readonly<Record<string, Files>> = {
  [V1]: { 'etc/version': '20220621\n', 'etc/both': 'first\n', 'srv/only-1': 'one\n' },
  [V2]: {
    'etc/version': '20220628\n',
    'etc/both': 'second\n',
    'srv/only-2': 'two\n',
    'opt/interpreter': { content: '#!/bin/sh\n', mode: 0o755 },
  },
  [V3]: { 'etc/version': '20220726\n', 'etc/both': 'third\n', 'srv/only-3': 'three\n' },
};

/**
 * The first is two layers; the second is built on it and deletes from it, as in the seeds; the third
 * shares nothing with either.
 */
export async function buildOverlayBases(engine: Engine): Promise<void> {
  await buildBase(engine, V1, [LOWER, TOP[V1] ?? {}]);
  await buildImage(
    engine,
    V2,
    `FROM ${V1}
COPY files/ /
RUN rm -rf /srv/gone /srv/only-1 /opt/kind && echo 'a file' >/opt/kind
RUN ln -sfn /etc/version /opt/link && dd if=/dev/zero of=/opt/large bs=1k count=200 2>/dev/null
`,
    { files: filesOf(V2) },
  );
  await buildBase(engine, V3, [{ ...TOP[V3], 'opt/tool': '#!/bin/sh\necho tool\n' }]);
}

/** What a container of an image (or a running container) sees of the base, in one text. */
export const VIEW = [
  'sh',
  '-c',
  'cat /etc/version /etc/both; ls -d /srv/* /opt/*; readlink /opt/link; [ ! -f /opt/kind ] || cat /opt/kind',
];

/** The view of a new container. */
export function viewOf(engine: Engine, image: string): Promise<string> {
  return run(engine, image, ...VIEW);
}

function filesOf(version: string): Files {
  return Object.fromEntries(
    Object.entries(TOP[version] ?? {}).map(([path, spec]) => [`files/${path}`, spec]),
  );
}
