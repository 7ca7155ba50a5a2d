/** Makes the machine ready: images on both sides, the services that are compared, a bundle for the runtime alone. */
import { randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { existsSync } from 'node:fs';
import { connect } from '../../src/varlink/client.ts';
import { ContainerClient } from '../../src/api/io-berth-container.ts';
import { ImageClient } from '../../src/api/io-berth-image.ts';
import { BERTH_IMAGE, command } from './engines.ts';

export const BERTH_SOCKET = '/run/berth/io.berth';
export const PODMAN_SOCKET = '/run/bench/podman';
export const PYTHON_SOCKET = '/run/bench/python';
const IMAGES = '/srv/images';
/** On the tmpfs that berth's own data lie on: both have the same disk, and neither stacks overlays. */
const DATA = '/var/lib/berth/bench';
const TREE = `${import.meta.dirname}/../..`;

const STORAGE = `[storage]
driver = "overlay"
graphroot = "${DATA}/podman"
runroot = "/run/bench/containers"
`;
/** The machine has no pids controller, and no systemd session that podman could ask for scopes. */
const CONTAINERS = `[containers]
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
`;

interface Prepared {
  readonly bundles: { readonly true: string; readonly sleep: string; readonly cat: string };
  readonly versions: Readonly<Record<string, string>>;
}

export async function prepare(): Promise<Prepared> {
  await mkdir('/run/bench', { recursive: true });
  await mkdir('/etc/containers', { recursive: true });
  await writeFile('/etc/containers/storage.conf', STORAGE);
  await writeFile('/etc/containers/containers.conf', CONTAINERS);
  await command(['podman', 'load', '--quiet', '--input', `${IMAGES}/plain.docker.tar`]);
  await serve('bench-podman', ['podman', 'system', 'service', '--time=0', `unix://${PODMAN_SOCKET}`], PODMAN_SOCKET);
  const python = ['python3', `${TREE}/test/bench/varlink-service.py`, `unix:${PYTHON_SOCKET}`, `${TREE}/varlink`];
  await serve('bench-python', python, PYTHON_SOCKET);

  await using client = await connect(`unix:${BERTH_SOCKET}`);
  await new ImageClient(client).load({ path: `${IMAGES}/oci/plain`, name: BERTH_IMAGE });
  return { bundles: await bundlesLikeBerths(new ContainerClient(client)), versions: await versionsHere() };
}

async function serve(unit: string, argv: readonly string[], socket: string): Promise<void> {
  await command(['systemd-run', '--quiet', `--unit=${unit}`, ...argv]);
  for (let waited = 0; !existsSync(socket); waited += 20) {
    if (waited > 10_000) throw new Error(`${unit} does not listen`);
    await delay(20);
  }
}

/** The runtime alone gets what berth gives it: the same specification, on a copy of the same root. */
async function bundlesLikeBerths(containers: ContainerClient): Promise<Prepared['bundles']> {
  const { id } = await containers.create({
    configuration: { image: BERTH_IMAGE, name: 'model', command: ['sleep', '10000'], network: 'none' },
  });
  await containers.start({ container: id });
  const { bundle } = await containers.inspect({ container: id });
  const text = await readFile(`${bundle}/config.json`, 'utf8');
  await cp(`${bundle}/root`, `${DATA}/rootfs`, { recursive: true, verbatimSymlinks: true });
  await containers.remove({ container: id, force: true });
  const bundleWith = async (name: string, args: readonly string[]): Promise<string> => {
    const folder = `${DATA}/${name}`;
    await mkdir(folder, { recursive: true });
    await writeFile(`${folder}/config.json`, JSON.stringify(specFor(text, name, args)));
    return folder;
  };
  return {
    true: await bundleWith('true', ['true']),
    sleep: await bundleWith('sleep', ['sleep', '10000']),
    cat: await bundleWith('cat', ['cat']),
  };
}

interface Spec {
  root: { path: string };
  process: { args: readonly string[]; rlimits?: unknown };
  mounts: readonly { source?: string }[];
  linux: { cgroupsPath: string };
}

function specFor(text: string, name: string, args: readonly string[]): Spec {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- berth wrote it a moment ago
  const spec = JSON.parse(text) as Spec;
  spec.root.path = `${DATA}/rootfs`;
  spec.process.args = args;
  delete spec.process.rlimits; // some are 2^64 - 1, which JavaScript reads as a greater number
  spec.linux.cgroupsPath = `/bench-${name}`;
  // The container's own files went with it.
  return { ...spec, mounts: spec.mounts.filter(({ source }) => source?.startsWith('/var/lib/berth') !== true) };
}

/** Lines of text, as programs write them. @returns the file's path, without the word that says what it is for */
export async function writeText(sizes: Readonly<Record<string, number>>): Promise<string> {
  const file = `${DATA}/text`;
  for (const [purpose, bytes] of Object.entries(sizes)) {
    const lines = randomBytes(bytes)
      .toString('base64')
      .slice(0, bytes)
      .replaceAll(/(.{79})./g, '$1\n');
    await writeFile(`${file}-${purpose}`, lines);
  }
  return file;
}

async function versionsHere(): Promise<Record<string, string>> {
  const first = async (...argv: readonly string[]): Promise<string> => (await command(argv)).split('\n')[0] ?? '';
  return {
    node: process.version,
    podman: await first('podman', '--version'),
    crun: await first('crun', '--version'),
    systemd: await first('systemctl', '--version'),
    kernel: await first('uname', '-r'),
    processors: await first('nproc'),
  };
}
