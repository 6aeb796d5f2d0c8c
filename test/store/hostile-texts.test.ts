/** Every reader of texts that others wrote, fed with nonsense: it understands it or refuses it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';
import fc from 'fast-check';

import { hostDisk } from '../../src/apply/disk.ts';
import { beginTransaction, readTransactions } from '../../src/apply/journal.ts';
import { flagValues, configFileOf, socketPathsOf } from '../../src/daemon/dockerd-argv.ts';
import { mountLines } from '../../src/daemon/alive-without-daemon.ts';
import {
  readContainer,
  readContainerList,
  readImage,
  readImageList,
  readInfo,
  readRemoval,
} from '../../src/daemon/engine-answers.ts';
import { parseImageConfig } from '../../src/domain/image-config.ts';
import { parseJsonText } from '../../src/domain/json-text.ts';
import { isReference, parseReference, referenceKey } from '../../src/domain/reference.ts';
import { RebaseError } from '../../src/errors.ts';
import { layoutOf } from '../../src/store/layout.ts';
import { readDaemonConfig } from '../../src/store/locate-store.ts';
import { readContainers } from '../../src/store/read-containers.ts';
import { readLayerUse } from '../../src/store/read-layer-use.ts';
import { readLayer } from '../../src/store/read-layer.ts';
import { readNamesInUse } from '../../src/store/names-in-use.ts';
import { parseTags } from '../../src/store/read-tags.ts';
import { chainProblems } from '../../src/verify/layer-chain.ts';
import { asDiffID, type ChainID } from '../../src/domain/digest.ts';
import { EMPTY_PLAN } from '../support/empty-plan.ts';
import { makeTempDir, removeTempDirs } from '../support/temp-dir.ts';

const RUNS = 400;

/** Keys that the readers look for, so that nonsense gets past the first look. */
const KEYS = [
  ...['rootfs', 'diff_ids', 'history', 'os', 'config', 'Labels', 'created_by', 'ROOTFS'],
  ...['Repositories', 'app', 'app:1', 'Name', 'Image', 'State', 'Running', 'Driver', 'ID'],
  ...['Id', 'RepoTags', 'RepoDigests', 'Names', 'HostConfig', 'RestartPolicy', 'DriverStatus'],
  ...['DockerRootDir', 'Untagged', 'Deleted', 'hosts', 'features', 'data-root', 'graph'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''],
];
const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A JSON value of the shapes that the readers know, with anything in their places. */
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, -1, 1e400, '', DIGEST, DIGEST.toUpperCase(), 'linux'),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 6 })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** JSON, JSON with bytes of it changed, and what was never any. */
const text = fc.oneof(
  value.map((one) => JSON.stringify(one)),
  fc
    .tuple(value, fc.nat(), fc.string({ unit: 'binary', maxLength: 3 }), fc.nat({ max: 5 }))
    .map(([one, at, put, cut]) => {
      const whole = JSON.stringify(one);
      const place = at % (whole.length + 1);
      return whole.slice(0, place) + put + whole.slice(place + cut);
    }),
  fc.string({ unit: 'binary' }),
);

describe('readers of texts that others wrote', () => {
  afterEach(removeTempDirs);

  it('parseImageConfig: a config or a SyntaxError', () => {
    hold(text, (one) => {
      only([SyntaxError], () => {
        const { diffIds, history } = parseImageConfig(one);
        expect(diffIds.every((id) => asDiffID(id) === id)).to.equal(true);
        expect(history.every((entry) => typeof entry.createdBy === 'string')).to.equal(true);
      });
    });
  });

  it('parseJsonText: a tree or a SyntaxError', () => {
    hold(text, (one) => {
      only([SyntaxError], () => parseJsonText(one));
    });
  });

  it('parseTags: tags with digests behind them, or STORE_DAMAGED', () => {
    hold(text, (one) => {
      only(['STORE_DAMAGED'], () => {
        for (const { imageId } of parseTags(one, 'file').byKey.values()) {
          expect(imageId).to.match(/^sha256:[0-9a-f]{64}$/);
        }
      });
    });
  });

  it('parseReference: what it takes, its key means again', () => {
    hold(fc.oneof(fc.string({ unit: 'binary' }), reference()), (one) => {
      only(['BAD_REFERENCE'], () => {
        const key = referenceKey(parseReference(one));
        expect(referenceKey(parseReference(key))).to.equal(key);
        expect(isReference(one)).to.equal(true);
      });
    });
  });

  it('readContainers: only whole texts in its fields', () => {
    const layout = layoutOf(makeTempDir());
    mkdirSync(join(layout.containers, 'box'), { recursive: true });
    hold(text, (one) => {
      writeFileSync(join(layout.containers, 'box/config.v2.json'), one);
      for (const { name, imageId, driver, running } of readContainers(layout)) {
        expect([typeof name, typeof imageId, typeof driver]).to.deep.equal(Array(3).fill('string'));
        expect(running).to.be.a('boolean');
      }
    });
  });

  it('readDaemonConfig: settings or STORE_AMBIGUOUS', () => {
    const file = join(makeTempDir(), 'daemon.json');
    hold(text, (one) => {
      writeFileSync(file, one);
      only(['STORE_AMBIGUOUS'], () => readDaemonConfig(file));
    });
  });

  it('layers: whatever their fields say, they are sound or the problem is told', () => {
    const layout = layoutOf(makeTempDir());
    const diffId = asDiffID(DIGEST)!;
    const entry = join(layout.layerdb, 'a'.repeat(64));
    const directory = join(layout.overlay, 'b'.repeat(64));
    for (const folder of [entry, join(directory, 'diff'), layout.links]) {
      mkdirSync(folder, { recursive: true });
    }
    const field = fc.oneof(
      fc.constantFrom(DIGEST, `${DIGEST}\n`, 'b'.repeat(64), '../b', '/etc', '.', '0', '-1', ''),
      fc.string({ unit: 'binary' }),
    );
    hold(fc.tuple(field, field, field, field, field, field), ([diff, size, id, parent, a, b]) => {
      const fields = { diff, size, 'cache-id': id, parent };
      for (const [name, content] of Object.entries(fields)) {
        writeFileSync(join(entry, name), content);
      }
      writeFileSync(join(directory, 'link'), a);
      writeFileSync(join(directory, 'lower'), b);
      const chainId = DIGEST as ChainID;
      const layer = readLayer(layout, chainId)!;
      expect(chainProblems([diffId], new Map([[chainId, layer]]))).to.not.deep.equal([]);
      readLayerUse(layout);
      readNamesInUse(layout);
    });
  });

  it("the daemon's answers: understood or DAEMON_FAILED", () => {
    for (const read of [
      ...[readInfo, readImageList, readImage, readContainerList, readContainer, readRemoval],
    ]) {
      hold(fc.oneof(value, fc.array(value)), (one) => {
        only(['DAEMON_FAILED'], () => read(one));
      });
    }
  });

  it("dockerd's arguments and its mounts: absolute paths or none", () => {
    const word = fc.oneof(
      fc.constantFrom('-H', '--host', '-Hunix:///s', '--host=fd://', '--config-file', '-D', '--'),
      fc.string({ unit: 'binary' }),
    );
    hold(fc.tuple(fc.array(word), fc.option(text, { nil: undefined })), ([argv, config]) => {
      expect(flagValues(argv, 'host', 'H').every((one) => typeof one === 'string')).to.equal(true);
      expect(configFileOf(argv)).to.be.a('string');
      expect(socketPathsOf(argv, config).every((one) => typeof one === 'string')).to.equal(true);
      mountLines(argv.join(' '));
    });
  });

  it('journals: a transaction, none, or a refusal, whatever bytes follow or change', () => {
    const layout = layoutOf(makeTempDir());
    const { file } = beginTransaction(hostDisk, layout, {
      startedAt: '2020-01-01T00:00:00.000Z',
      command: 'test',
      clone: 'auto',
      images: [],
      bound: EMPTY_PLAN,
    });
    const refusals = ['STORE_DAMAGED', 'STORE_UNSUPPORTED'];
    hold(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 300 })), ([onlyNoise, noise]) => {
      writeFileSync(file, noise, { flag: onlyNoise ? 'w' : 'a' });
      only(refusals, () => readTransactions(layout));
    });
  });
});

/** Words of the grammar in any order. */
function reference(): fc.Arbitrary<string> {
  const part = fc.constantFrom(
    ...['a', 'A', '/', ':', '@', '.', '..', '_', '-', '//', 'docker.io/', 'library/', '[::1]:5/'],
    ...['localhost', ':5000/', DIGEST, 'a'.repeat(256), '\0', '\u001b[2J', ' ', '%2e%2e', '?', '#'],
  );
  return fc.array(part, { maxLength: 8 }).map((parts) => parts.join(''));
}

function hold<T>(arbitrary: fc.Arbitrary<T>, check: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, check), { numRuns: RUNS });
}

/** Runs it; of all errors only these classes, or RebaseErrors of these codes, are right. */
function only(allowed: readonly (string | typeof SyntaxError)[], work: () => unknown): void {
  try {
    work();
  } catch (error) {
    const right = allowed.some((one) =>
      typeof one === 'string'
        ? error instanceof RebaseError && error.code === one
        : error instanceof one,
    );
    if (!right) throw error;
  }
}
