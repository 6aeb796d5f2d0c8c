import { asChainID, asImageID, shortId } from '../domain/digest.ts';
import type {
  ContainerFacts,
  DirectoryFacts,
  ImageFacts,
  Inventory,
  MountRecord,
} from '../domain/inventory.ts';
import { lowerOn } from '../domain/overlay-layer.ts';
import type { StoreCode, StoreFinding } from '../domain/store-finding.ts';
import { linkProblems, lowerAbove, lowerProblems, shown, type Problem } from './layer-problems.ts';
import { storeFinding } from './remedies.ts';

const MOUNT_ID = /^[a-f0-9]{64}(-init)?$/;
/** What a container's folder is called; builds make mounts of other names. */
const CONTAINER_ID = /^[0-9a-f]{64}$/;
const DRIVER = 'overlay2';

/** The writable layers (store.md 7: 16), and those that no container has (17). */
export function examineMounts(inventory: Inventory): StoreFinding[] {
  const containers = new Map(inventory.containers.map((one) => [one.id, one]));
  return inventory.mounts.flatMap((mount) => {
    const container = containers.get(mount.name);
    const name = container === undefined ? `mount ${shortId(mount.name)}` : nameOf(container);
    const found: Problem[] = [...fieldProblems(mount), ...directoryProblems(mount, inventory)];
    if (container === undefined && CONTAINER_ID.test(mount.name)) {
      found.push({
        code: 'mount-without-container',
        what: 'is in layerdb/mounts and not in containers',
      });
    }
    return found.map(({ code, what }) => storeFinding(code, `${name} ${what}`, [mount.name]));
  });
}

function fieldProblems({ mountId, initId, parent }: MountRecord): Problem[] {
  const wrong = (file: string, content: string | undefined): Problem => ({
    code: 'mount-field',
    what: `has ${shown(content)} in its file ${file} of layerdb/mounts`,
  });
  return [
    ...(mountId === undefined || !MOUNT_ID.test(mountId) ? [wrong('mount-id', mountId)] : []),
    ...(initId !== undefined && !MOUNT_ID.test(initId) ? [wrong('init-id', initId)] : []),
    ...(parent !== undefined && asChainID(parent) === undefined ? [wrong('parent', parent)] : []),
  ];
}

/** The parent layer and the two directories, each against what it stands on. */
function directoryProblems(mount: MountRecord, { layers, directories }: Inventory): Problem[] {
  const parent = asChainID(mount.parent);
  const problems: Problem[] = [];
  const parentThere = parent === undefined || layers.get(parent) !== undefined;
  if (!parentThere) {
    const what = `stands on layer ${shortId(parent)}, which is not in layerdb`;
    problems.push({ code: 'mount-layer-missing', what });
  }
  const known = parentThere && (mount.parent === undefined || parent !== undefined);
  let below = known ? lowerAbove(parent, layers) : undefined;
  for (const id of [mount.initId, mount.mountId]) {
    if (id === undefined || !MOUNT_ID.test(id)) {
      if (id !== undefined) below = undefined;
      continue;
    }
    const directory = directories.get(id);
    problems.push(...mountDirectoryProblems(id, directory, below));
    below =
      below === undefined || directory?.link === undefined
        ? undefined
        : { lower: lowerOn({ link: directory.link, lower: below.lower }) };
  }
  return problems;
}

const MOUNT_CODES: Partial<Record<StoreCode, StoreCode>> = {
  'link-invalid': 'mount-link',
  'link-missing': 'mount-link',
  'link-target': 'mount-link',
  'version-missing': 'mount-link',
  'version-unknown': 'mount-link',
  'lower-wrong': 'mount-lower',
};

function mountDirectoryProblems(
  id: string,
  directory: DirectoryFacts | undefined,
  below: { readonly lower: string | undefined } | undefined,
): Problem[] {
  const name = `overlay2/${id.slice(0, 12)}…${id.endsWith('-init') ? '-init' : ''}`;
  if (directory?.hasDiff !== true) {
    return [{ code: 'mount-directory', what: `has no directory ${name}/diff` }];
  }
  return [...linkProblems(id, directory, name), ...lowerProblems(directory, below, name)].map(
    ({ code, what }) => ({ code: MOUNT_CODES[code] ?? code, what }),
  );
}

/** Containers against their mounts and images (store.md 7: 17, 18). */
export function examineContainers(inventory: Inventory): StoreFinding[] {
  const mounts = new Map(inventory.mounts.map((mount) => [mount.name, mount]));
  return inventory.containers.flatMap((container) =>
    containerProblems(container, mounts.get(container.id), inventory).map(({ code, what }) =>
      storeFinding(code, `${nameOf(container)} ${what}`, [container.id]),
    ),
  );
}

function containerProblems(
  container: ContainerFacts,
  mount: MountRecord | undefined,
  { images, host }: Inventory,
): Problem[] {
  const { driver, imageId, problem } = container;
  if (problem !== undefined) {
    return [
      { code: 'container-config', what: `has a config that dockerd cannot load: ${problem}` },
    ];
  }
  if (driver !== '' && driver !== DRIVER) {
    return [{ code: 'container-other-driver', what: `was made with the driver ${shown(driver)}` }];
  }
  const problems: Problem[] = [];
  const id = asImageID(imageId);
  const image = id === undefined ? undefined : images.get(id);
  if (mount === undefined) {
    problems.push({ code: 'container-without-mount', what: 'has no folder in layerdb/mounts' });
  }
  if (image === undefined) {
    problems.push({
      code: 'container-image-gone',
      what: `was made from image ${shortId(imageId)}, which is gone`,
    });
  } else if (mount !== undefined && !standsOn(mount, image)) {
    problems.push({
      code: 'container-other-image',
      what: `says it is of image ${shortId(imageId)} and stands on other layers`,
    });
  }
  if (!host.dockerdRuns && host.alive.has(container.id)) {
    problems.push({ code: 'container-alive', what: 'runs, and dockerd does not' });
  } else if (!host.dockerdRuns && container.running) {
    problems.push({ code: 'container-dead', what: 'is noted as running, and its process is gone' });
  }
  return problems;
}

function standsOn({ parent }: MountRecord, { chainIds, config }: ImageFacts): boolean {
  if (config === undefined) return true;
  if (parent !== undefined && asChainID(parent) === undefined) return true;
  return asChainID(parent) === chainIds.at(-1);
}

function nameOf({ id, name }: ContainerFacts): string {
  return name === '' ? `container ${shortId(id)}` : `container ${name} (${shortId(id)})`;
}
