import { buildStore, type ImageSpec } from '../../test/support/store-builder.ts';

/** The rebase that `buildPracticeStore` makes a store for. */
export const PRACTICE = ['app:1', '--onto', 'base:2'] as const;

/** Builds a store in a folder in which `PRACTICE` meets what most rebases meet. */
export async function buildPracticeStore(root: string): Promise<void> {
  await buildStore(root, {
    images: [
      baseOf('1'),
      baseOf('2'),
      {
        name: 'app',
        tags: ['app:1'],
        from: 'base-1',
        layers: [
          { files: { 'srv/app': '#!/bin/sh\n', 'srv/data': 'x'.repeat(100_000) } },
          {
            files: {
              'etc/motd': { kind: 'whiteout' },
              'srv/link': { kind: 'symlink', target: 'app' },
            },
          },
        ],
        config: { Cmd: ['/srv/app'], Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'], User: 'app' },
      },
    ],
  });
}

function baseOf(release: string): ImageSpec {
  return {
    name: `base-${release}`,
    tags: [`base:${release}`],
    layers: [
      {
        files: {
          'bin/sh': 'a shell',
          'etc/group': 'root:x:0:\napp:x:1000:\n',
          'etc/motd': `Welcome to ${release}\n`,
          'etc/os-release': `ID=practice\nVERSION_ID=${release}\n`,
          'etc/passwd': 'root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n',
        },
      },
    ],
    config: { Cmd: ['/bin/sh'], Env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] },
  };
}
