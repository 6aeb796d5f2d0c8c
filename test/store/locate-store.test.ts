import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { expect } from 'chai';

import {
  NO_CONFIG,
  overlayStoreIn,
  readDaemonConfig,
  severalStores,
  storeRootsIn,
  type DaemonConfig,
} from '../../src/store/locate-store.ts';
import { rejection } from '../daemon/rejection.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const SNAPSHOTS = 'containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots';

describe('store/locate-store', () => {
  let root: string;

  beforeEach(() => {
    root = realpathSync(makeTempDir());
  });
  afterEach(removeTempDirs);

  describe('storeRootsIn', () => {
    it('is the data-root itself', () => {
      overlay2();
      expect(storeRootsIn(root, NO_CONFIG)).to.deep.equal([root]);
    });

    it('follows a symlinked data-root', () => {
      const link = join(makeTempDir(), 'docker');
      symlinkSync(root, link);
      expect(storeRootsIn(link, NO_CONFIG)).to.deep.equal([root]);
    });

    it('is the <uid>.<gid> folder of userns-remap', () => {
      overlay2('100000.100000');
      expect(storeRootsIn(root, NO_CONFIG)).to.deep.equal([join(root, '100000.100000')]);
    });

    it('leaves both in question while userns-remap is not known to be on', () => {
      overlay2();
      overlay2('100000.100000');
      const remapped = join(root, '100000.100000');
      expect(storeRootsIn(root, NO_CONFIG)).to.deep.equal([root, remapped]);
      expect(storeRootsIn(root, config({ usernsRemap: true }))).to.deep.equal([remapped]);
    });

    it('takes no other folder with numbers for one', () => {
      overlay2();
      folder('100000.100000/volumes');
      folder('1.2.3/image');
      expect(storeRootsIn(root, config({ usernsRemap: true }))).to.deep.equal([root]);
    });

    it('asks which one of several is meant', () => {
      overlay2('100000.100000');
      overlay2('231072.231072');
      const error = severalStores(storeRootsIn(root, NO_CONFIG));
      expect(error.code).to.equal('STORE_AMBIGUOUS');
      expect(error.message).to.contain('100000.100000').and.to.contain('231072.231072');
      expect(error.hint).to.contain(`--data-root ${root}/`);
    });

    it('hints at no name that would leave the same doubt', () => {
      overlay2();
      overlay2('100000.100000');
      const { hint } = severalStores(storeRootsIn(root, NO_CONFIG));
      const remapped = join(root, '100000.100000');
      expect(hint).to.match(new RegExp(`--data-root ${remapped}$`));
      expect(storeRootsIn(remapped, NO_CONFIG)).to.deep.equal([remapped]);
    });

    it('says so when there is no such folder', async () => {
      for (const missing of [join(root, 'nope'), join(root, 'nope/deeper')]) {
        const error = await rejection('NO_DATA_ROOT', () => storeRootsIn(missing, NO_CONFIG));
        expect(error.hint).to.contain('--data-root');
      }
    });

    it('says so for a symlink that leads nowhere', async () => {
      symlinkSync('nowhere', join(root, 'docker'));
      await rejection('NO_DATA_ROOT', () => storeRootsIn(join(root, 'docker'), NO_CONFIG));
    });
  });

  describe('overlayStoreIn', () => {
    it('finds an overlay2 store', () => {
      overlay2();
      const layout = overlayStoreIn(root, { daemon: undefined, config: NO_CONFIG });
      expect(layout.repositories).to.equal(join(root, 'image/overlay2/repositories.json'));
    });

    it('says so when the folder holds no store, or is a file', async () => {
      writeFileSync(join(root, 'file'), '');
      for (const folderName of ['.', 'file']) {
        await rejection('NO_DATA_ROOT', () =>
          overlayStoreIn(join(root, folderName), { daemon: undefined, config: NO_CONFIG }),
        );
      }
    });

    for (const driver of ['btrfs', 'zfs', 'overlay', 'aufs', 'devicemapper', 'fuse-overlayfs']) {
      it(`refuses a store of ${driver}, by its folder`, async () => {
        folder(`image/${driver}/layerdb`);
        folder(`${driver}/something`);
        const error = await rejection('STORE_UNSUPPORTED', locate);
        expect(error.message).to.contain(driver);
      });

      it(`is not sure when ${driver} and overlay2 were both used`, async () => {
        overlay2();
        folder(`${driver}/something`);
        const error = await rejection('STORE_AMBIGUOUS', locate);
        expect(error.message).to.contain(driver);
        expect(error.hint).to.contain('storage-driver');
      });
    }

    it('refuses a store of vfs, by its folder', async () => {
      folder('image/vfs/layerdb');
      folder('vfs/dir');
      const error = await rejection('STORE_UNSUPPORTED', locate);
      expect(error.message).to.contain('vfs');
    });

    it('does not count vfs beside overlay2, since dockerd does not either', () => {
      overlay2();
      folder('vfs/dir');
      expect(locate().root).to.equal(root);
    });

    it('does not count the empty folder of another driver', () => {
      overlay2();
      folder('btrfs');
      expect(locate().root).to.equal(root);
    });

    it('names every rival', async () => {
      overlay2();
      folder('btrfs/subvolumes');
      folder('zfs/graph');
      const error = await rejection('STORE_AMBIGUOUS', locate);
      expect(error.message).to.contain('btrfs').and.to.contain('zfs');
    });

    it('refuses the containerd image store, by its snapshots', async () => {
      folder('image/overlay2/distribution');
      folder(`${SNAPSHOTS}/1/fs`);
      const error = await rejection('STORE_UNSUPPORTED', locate);
      expect(error.message).to.contain('containerd');
    });

    it('refuses the containerd image store of a containerd elsewhere, by what BuildKit keeps', async () => {
      folder('image/overlay2/distribution');
      folder('buildkit/containerd-overlayfs');
      const error = await rejection('STORE_UNSUPPORTED', locate);
      expect(error.message).to.contain('containerd');
    });

    for (const trace of [`${SNAPSHOTS}/1/fs`, 'buildkit/containerd-overlayfs']) {
      it(`is not sure when ${trace} lies beside overlay2`, async () => {
        overlay2();
        folder(trace);
        const error = await rejection('STORE_AMBIGUOUS', locate);
        expect(error.message).to.contain('containerd image store');
      });

      it(`knows ${trace} for a leftover when daemon.json turns that store off`, () => {
        overlay2();
        folder(trace);
        const off = config({ containerdSnapshotter: false });
        expect(overlayStoreIn(root, { daemon: undefined, config: off }).root).to.equal(root);
      });
    }

    it("does not take BuildKit's databases for the containerd image store", () => {
      overlay2();
      folder('buildkit');
      file('buildkit/containerdmeta.db', '');
      expect(locate().root).to.equal(root);
    });

    it('believes daemon.json where the folders leave a doubt', () => {
      overlay2();
      folder('btrfs/subvolumes');
      folder(`${SNAPSHOTS}/1/fs`);
      const found = overlayStoreIn(root, {
        daemon: undefined,
        config: config({ storageDriver: 'overlay2' }),
      });
      expect(found.root).to.equal(root);
    });

    it('refuses what daemon.json sets', async () => {
      overlay2();
      const refused = [config({ storageDriver: 'vfs' }), config({ containerdSnapshotter: true })];
      for (const one of refused) {
        const error = await rejection('STORE_UNSUPPORTED', () =>
          overlayStoreIn(root, { daemon: undefined, config: one }),
        );
        expect(error.message).to.contain('daemon.json');
      }
    });

    it('believes the running daemon before everything else', async () => {
      overlay2();
      folder('btrfs/subvolumes');
      const wrong = config({ storageDriver: 'vfs', containerdSnapshotter: true });
      const says = (driver: string, containerdSnapshotter: boolean): (() => unknown) => {
        return () =>
          overlayStoreIn(root, { daemon: { driver, containerdSnapshotter }, config: wrong });
      };
      expect(says('overlay2', false)).not.to.throw();
      await rejection('STORE_UNSUPPORTED', says('overlayfs', true));
      const btrfs = await rejection('STORE_UNSUPPORTED', says('btrfs', false));
      expect(btrfs.message).to.contain('btrfs');
    });
  });

  describe('readDaemonConfig', () => {
    it('says nothing when there is no daemon.json', () => {
      expect(readDaemonConfig(join(root, 'daemon.json'))).to.deep.equal(NO_CONFIG);
    });

    const read: [string, Partial<DaemonConfig>][] = [
      ['{}', {}],
      ['{"data-root":"/srv/docker"}', { dataRoot: '/srv/docker' }],
      ['{"graph":"/srv/old"}', { dataRoot: '/srv/old' }],
      ['{"graph":"/srv/old","data-root":"/srv/new"}', { dataRoot: '/srv/new' }],
      ['{"storage-driver":"btrfs"}', { storageDriver: 'btrfs' }],
      ['{"features":{"containerd-snapshotter":true}}', { containerdSnapshotter: true }],
      ['{"features":{"containerd-snapshotter":false}}', { containerdSnapshotter: false }],
      ['{"features":{"containerd-snapshotter":"yes"},"data-root":5}', {}],
      ['{"features":null}', {}],
      ['{"userns-remap":"default"}', { usernsRemap: true }],
      ['{"userns-remap":""}', {}],
      // Go reads null into a struct as nothing at all.
      ['null', {}],
    ];
    for (const [text, expected] of read) {
      it(`reads ${text}`, () => {
        expect(readDaemonConfig(file('daemon.json', text))).to.deep.equal(config(expected));
      });
    }

    for (const text of ['{"data-root":', '{"data-root":"/x",}', '// no\n{}']) {
      it(`refuses ${JSON.stringify(text)}`, async () => {
        const broken = file('daemon.json', text);
        const error = await rejection('STORE_AMBIGUOUS', () => readDaemonConfig(broken));
        expect(error.message).to.contain(broken);
        expect(error.hint).to.contain('mend it');
      });
    }
  });

  function locate(): ReturnType<typeof overlayStoreIn> {
    return overlayStoreIn(root, { daemon: undefined, config: NO_CONFIG });
  }

  function overlay2(below = '.'): void {
    folder(join(below, 'image/overlay2/layerdb'));
    folder(join(below, 'overlay2/l'));
  }

  function folder(name: string): void {
    mkdirSync(join(root, name), { recursive: true });
  }

  function file(name: string, text: string): string {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }
});

function config(parts: Partial<DaemonConfig>): DaemonConfig {
  return { ...NO_CONFIG, ...parts };
}
