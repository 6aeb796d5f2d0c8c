/**
 * Real Debian: root file systems made by debootstrap and packages to install in them. Everything is
 * fetched from the mirror that this machine's apt is set up for, with retries.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tempFolder } from './cleanup.ts';
import { type CommandResult, execute } from './engine.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const ATTEMPTS = 3;

/** Makes a minbase root file system of a release in a new temp folder. @returns its path */
export async function debootstrap(release: string): Promise<string> {
  const mirror = await debianMirror();
  const folder = tempFolder();
  const rootfs = join(folder, 'rootfs');
  await retried(
    `debootstrap ${release}`,
    () =>
      execute(
        'debootstrap',
        ['--variant=minbase', `--keyring=${KEYRING}`, release, rootfs, mirror],
        {
          env: rootEnv(),
        },
      ),
    () => {
      rmSync(rootfs, { recursive: true, force: true });
    },
  );
  // What an image of a distribution leaves out, too.
  for (const path of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale']) {
    for (const name of readdirSync(join(rootfs, path))) {
      rmSync(join(rootfs, path, name), { recursive: true });
    }
  }
  return rootfs;
}

/** Downloads packages of a release, and nothing that they depend on. @returns the files by name */
export async function debianPackages(
  release: string,
  names: readonly string[],
): Promise<Readonly<Record<string, Buffer>>> {
  const mirror = await debianMirror();
  const folder = tempFolder();
  for (const path of ['state/lists/partial', 'cache/archives/partial', 'debs']) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  const list = join(folder, 'sources.list');
  writeFileSync(list, `deb [signed-by=${KEYRING}] ${mirror} ${release} main\n`);
  const settings = [
    `Dir::Etc::SourceList=${list}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State=${join(folder, 'state')}`,
    `Dir::State::status=/dev/null`,
    `Dir::Cache=${join(folder, 'cache')}`,
    // The user _apt cannot write here.
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
  ].flatMap((setting) => ['-o', setting]);
  const apt = (...args: string[]): Promise<CommandResult> =>
    execute('apt-get', ['-q', ...settings, ...args], { cwd: join(folder, 'debs'), env: rootEnv() });
  await retried(`apt-get update of ${release}`, () => apt('update', '--error-on=any'));
  await retried(`apt-get download of ${release}`, () => apt('download', ...names));
  const files = readdirSync(join(folder, 'debs'));
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, 'debs', name))]));
}

/** The mirror from which this machine installs Debian's own packages. */
async function debianMirror(): Promise<string> {
  const known = await mirrorOfLists();
  if (known !== undefined) return known;
  // Without its lists, apt does not know which of its sources is Debian.
  await retried('apt-get update', () => execute('apt-get', ['-q', 'update'], { env: rootEnv() }));
  const found = await mirrorOfLists();
  if (found === undefined) throw new Error('apt is set up for no mirror of Debian');
  return found;
}

async function mirrorOfLists(): Promise<string | undefined> {
  const format = '$(CREATED_BY) $(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)';
  const { stdout } = await execute('apt-get', ['indextargets', '--format', format], {
    env: rootEnv(),
  });
  const targets = stdout.split('\n').map((line) => line.split(' '));
  // Updates and security are archives of their own, without the whole distribution.
  const found = targets.find(
    ([by, origin, component, release]) =>
      by === 'Packages' && origin === 'Debian' && component === 'main' && !release?.includes('-'),
  );
  const uri = found?.[4];
  // Debian's cloud images name a file that lists mirrors, which debootstrap cannot read
  // (apt-transport-mirror(1)).
  const [, list] = /^mirror\+file:\/*(\/.+?)\/?$/.exec(uri ?? '') ?? [];
  return list === undefined ? uri : /^[^#\s]\S*/m.exec(readFileSync(list, 'utf8'))?.[0];
}

async function retried(
  what: string,
  work: () => Promise<CommandResult>,
  cleanUp: () => void = () => undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { status, stdout, stderr } = await work();
    if (status === 0) return;
    if (attempt === ATTEMPTS) {
      throw new Error(`${what}: exit ${status}\n${stdout.slice(-4000)}${stderr}`);
    }
    cleanUp();
    // A mirror that fails for a moment.
    await sleep(attempt * 10_000);
  }
}

/** With the proxies of this machine, if it has any, and the folders that a plain su lacks. */
function rootEnv(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
    LC_ALL: 'C',
    DEBIAN_FRONTEND: 'noninteractive',
  };
}
