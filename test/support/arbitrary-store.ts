/** fast-check arbitraries of small stores: an old base, a new base, an app, bystanders. */
import fc from 'fast-check';
import type { DockerConfig, FileSpec, ImageSpec, LayerSpec, StoreSpec } from './store-builder.ts';

/** How the new base stands to the old one. */
export type BaseRelation =
  /** No layer in common. */
  | 'disjoint'
  /** The bottom layer in common (DiffID and ChainID), different above. */
  | 'shared-bottom'
  /** Built FROM the old base. */
  | 'extends';

/** A store with one rebase to do: `app` from `old-base` onto `new-base` (names in the spec). */
export interface RebaseCase {
  readonly store: StoreSpec;
  readonly app: 'app';
  readonly oldBase: 'old-base';
  readonly newBase: 'new-base';
  /** app:1, base:old and base:new; the app and the bases may have more tags. */
  readonly tags: {
    readonly app: 'app:1';
    readonly oldBase: 'base:old';
    readonly newBase: 'base:new';
  };
  readonly relation: BaseRelation;
  /** How many layers the app has above the old base; 0 only with empty history entries of its own. */
  readonly appLayers: number;
  /** All three images have a whole history, so that the history laws can be checked. */
  readonly historyConsistent: boolean;
}

export interface ArbitraryStoreOptions {
  /** Relations to draw from (default: all). */
  readonly relations?: readonly BaseRelation[];
  /** Draw whiteouts, opaque directories, xattrs and fifos too (default true). */
  readonly special?: boolean;
  /** Draw bystanders: images on the old base, on the app, and on nothing (default true). */
  readonly others?: boolean;
}

/** Small random stores that `buildStore` accepts, each with its rebase. */
export function arbitraryRebaseCase(options: ArbitraryStoreOptions = {}): fc.Arbitrary<RebaseCase> {
  const layer = arbitraryLayer(options.special ?? true);
  return fc
    .record({
      relation: fc.constantFrom(...(options.relations ?? RELATIONS)),
      oldLayers: fc.array(layer, { minLength: 1, maxLength: 3 }),
      newLayers: fc.array(layer, { minLength: 1, maxLength: 3 }),
      appLayers: fc.array(layer, { maxLength: 4 }),
      oldFacts: arbitraryFacts(),
      newFacts: arbitraryFacts(),
      appFacts: arbitraryFacts(),
      moreAppTags: fc.subarray(['app:latest', 'reg.example:5000/team/app:1.2']),
      digests: fc.boolean(),
      others: options.others === false ? fc.constant<string[]>([]) : fc.subarray(OTHERS),
      otherLayer: layer,
    })
    .map(caseOf);
}

/** A layer of one to four files out of a small pool of names, so that layers meet each other. */
export function arbitraryLayer(special: boolean): fc.Arbitrary<LayerSpec> {
  const names = fc.uniqueArray(fc.constantFrom('etc/a', 'etc/b', 'lib/c', 'lib/d', 'e'), {
    minLength: 1,
    maxLength: 4,
  });
  const file = special ? fc.oneof({ weight: 4, arbitrary: PLAIN }, SPECIAL) : PLAIN;
  return names.chain((paths) =>
    fc
      .tuple(...paths.map(() => file))
      .map((files) => ({ files: Object.fromEntries(paths.map((path, i) => [path, files[i]!])) })),
  );
}

type Drawn = ReturnType<typeof arbitraryFacts> extends fc.Arbitrary<infer T> ? T : never;

function arbitraryFacts(): fc.Arbitrary<{
  history: 'consistent' | 'absent';
  emptyHistory: readonly string[];
  config: DockerConfig;
}> {
  return fc.record({
    history: fc.constantFrom('consistent', 'consistent', 'absent'),
    emptyHistory: fc.array(
      fc.constantFrom('/bin/sh -c #(nop)  CMD ["sh" "-c" "a && b > c"]', 'LABEL x="<é>"', ''),
      { maxLength: 3 },
    ),
    config: fc.record(
      {
        Env: fc.constantFrom(
          ['PATH=/bin'],
          ['PATH=/bin', 'A=1'],
          ['PATH=/bin:/opt', 'B=<&>'],
          null,
        ),
        Cmd: fc.constantFrom(['sh'], ['sh', '-c', 'a && b'], null),
        Entrypoint: fc.constantFrom(null, ['/entry']),
        Labels: fc.constantFrom(null, {}, { k: 'v' }, { k: 'w', l: 'é' }),
        WorkingDir: fc.constantFrom('', '/srv'),
        ExposedPorts: fc.constantFrom({ '80/tcp': {} }, { '80/tcp': {}, '443/tcp': {} }),
        User: fc.constantFrom('', 'nobody'),
        Healthcheck: fc.constantFrom({ Test: ['NONE'] }, { Test: ['CMD', 'a'], Retries: 2 }),
        OnBuild: fc.constantFrom(null, ['RUN a'], ['RUN b']),
        StopSignal: fc.constant('SIGINT'),
        'x-unknown': fc.constantFrom(1, { a: [null] }),
      },
      { requiredKeys: [] },
    ),
  });
}

function caseOf(drawn: {
  relation: BaseRelation;
  oldLayers: LayerSpec[];
  newLayers: LayerSpec[];
  appLayers: LayerSpec[];
  oldFacts: Drawn;
  newFacts: Drawn;
  appFacts: Drawn;
  moreAppTags: string[];
  digests: boolean;
  others: string[];
  otherLayer: LayerSpec;
}): RebaseCase {
  const oldLayers = marked(drawn.oldLayers, 'old');
  const newLayers = marked(drawn.newLayers, 'new');
  const oldBase: ImageSpec = {
    name: 'old-base',
    tags: ['base:old'],
    layers: oldLayers,
    ...drawn.oldFacts,
  };
  const newBase: ImageSpec = {
    name: 'new-base',
    tags: ['base:new'],
    ...(drawn.relation === 'extends' ? { from: 'old-base' } : {}),
    layers:
      drawn.relation === 'shared-bottom' ? [...oldLayers.slice(0, 1), ...newLayers] : newLayers,
    ...drawn.newFacts,
  };
  // An app that only sets config is told from its base by its history: it must have one.
  const configOnly = drawn.appLayers.length === 0;
  const app: ImageSpec = {
    name: 'app',
    tags: ['app:1', ...drawn.moreAppTags],
    ...(drawn.digests ? { digests: ['app'] } : {}),
    from: 'old-base',
    layers: drawn.appLayers,
    ...drawn.appFacts,
    ...(configOnly
      ? { history: 'consistent', emptyHistory: ['CMD ["app"]', ...drawn.appFacts.emptyHistory] }
      : {}),
  };
  const base: ImageSpec = configOnly ? { ...oldBase, history: 'consistent' } : oldBase;
  const others = drawn.others.map((name) => otherImage(name, drawn));
  return {
    store: { images: [base, newBase, app, ...others] },
    app: 'app',
    oldBase: 'old-base',
    newBase: 'new-base',
    tags: { app: 'app:1', oldBase: 'base:old', newBase: 'base:new' },
    relation: drawn.relation,
    appLayers: drawn.appLayers.length,
    historyConsistent: [base, newBase, app].every((image) => image.history === 'consistent'),
  };
}

/** A file of its own in each layer: the two bases never have a layer in common by chance. */
function marked(layers: readonly LayerSpec[], mark: string): LayerSpec[] {
  return layers.map(({ files }, i) => ({
    files: { ...files, [`base/${mark}-${String(i)}`]: `${mark}\n` },
  }));
}

function otherImage(
  name: string,
  { appLayers, otherLayer }: { appLayers: LayerSpec[]; otherLayer: LayerSpec },
): ImageSpec {
  switch (name) {
    case 'sibling':
      // Shares the old base and the app's lower layers.
      return {
        name,
        tags: ['sibling:1'],
        from: 'old-base',
        layers: [...appLayers.slice(0, 1), otherLayer],
      };
    case 'child':
      return { name, tags: ['child:1'], from: 'app', layers: [otherLayer], parentLink: true };
    case 'untagged':
      return { name, from: 'old-base', layers: [otherLayer] };
    default:
      return { name, tags: ['stranger:1'], layers: [{ files: { stranger: 'no one knows me\n' } }] };
  }
}

const RELATIONS: readonly BaseRelation[] = ['disjoint', 'shared-bottom', 'extends'];

const OTHERS = ['sibling', 'child', 'untagged', 'stranger'];

const PLAIN: fc.Arbitrary<FileSpec> = fc.oneof(
  fc.constantFrom<FileSpec>('', 'one\n', { content: 'run', mode: 0o4755, uid: 7, gid: 8 }),
  fc.constantFrom<FileSpec>({ kind: 'symlink', target: '../x' }, { kind: 'dir', mode: 0o1777 }),
);

const SPECIAL: fc.Arbitrary<FileSpec> = fc.constantFrom<FileSpec>(
  { kind: 'whiteout' },
  { kind: 'dir', opaque: true },
  { kind: 'fifo' },
  { content: 'x', xattrs: { 'user.note': 'hello' } },
);
