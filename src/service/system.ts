/** io.berth.System. */
import { readFile } from 'node:fs/promises';
import { hostname, release } from 'node:os';
import type { GetInfoOutput, Networking, SystemHandlers } from '../api/io-berth-system.ts';
import type { Containers } from '../container/containers.ts';
import { readOnlyRecursion } from '../container/launch/read-only.ts';
import { isAlive } from '../container/state.ts';
import { NetavarkFailed } from '../netavark/errors.ts';
import type { Netavark } from '../netavark/netavark.ts';
import type { OciRuntime } from '../oci/runtime.ts';
import { RuntimeError } from '../oci/errors.ts';
import type { Images } from '../image/images.ts';
import type { UnitManager } from '../systemd/units/unit-manager.ts';

export interface SystemFacts {
  readonly version: string;
  readonly dataDirectory: string;
  /** Where images are written to. */
  readonly storageDirectory: string;
  readonly runtimes: readonly OciRuntime[];
  readonly additionalImageStores: () => readonly string[];
  /** undefined where it is not installed. */
  readonly netavark: () => Netavark | undefined;
}

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ppc64: 'ppc64le', ia32: '386' };

export const systemService = (
  facts: SystemFacts,
  world: { readonly units: UnitManager; readonly images: Images; readonly containers: Containers },
): SystemHandlers => ({
  async GetInfo(_, { signal }): Promise<GetInfoOutput> {
    const [runtimes, images, controllers, limits, networking] = await Promise.all([
      Promise.all(facts.runtimes.map(async (runtime) => await describe(runtime, signal))),
      world.images.list(signal),
      controllersOf('/sys/fs/cgroup/cgroup.controllers'),
      world.containers.enforceable(signal),
      networkingOf(facts.netavark(), signal),
    ]);
    const all = world.containers.list({ states: undefined, labels: {} });
    const count = (matches: (state: string) => boolean): number =>
      all.filter(({ status }) => matches(status.state)).length;
    return {
      version: facts.version,
      nodeVersion: process.versions.node,
      systemdVersion: String(world.units.facts.version),
      kernelVersion: release(),
      architecture: GO_ARCHITECTURES[process.arch] ?? process.arch,
      hostname: hostname(),
      runtimes,
      controllers: controllers.filter(
        (name) => !limits.some((limit) => limit.controller === name && limit.problem !== undefined),
      ),
      limits,
      recursiveReadOnly: readOnlyRecursion === 'recursive',
      networking,
      dataDirectory: facts.dataDirectory,
      storageDirectory: facts.storageDirectory,
      additionalStorageDirectories: facts.additionalImageStores(),
      containers: {
        total: all.length,
        running: count((state) => state === 'running'),
        paused: count((state) => state === 'paused'),
        stopped: all.filter(({ status }) => !isAlive(status.state)).length,
      },
      images: images.length,
    };
  },
});

async function describe(runtime: OciRuntime, signal: AbortSignal) {
  const { name, path } = runtime;
  try {
    const { version, checkpoint } = await runtime.features(signal);
    return { name, path, version, checkpoint: checkpoint === 'supported' };
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
    return { name, path, version: '', checkpoint: false, problem: error.message };
  }
}

async function networkingOf(netavark: Netavark | undefined, signal: AbortSignal): Promise<Networking> {
  const nothing = { netavarkVersion: '', aardvarkVersion: '', firewallDriver: '' };
  if (netavark === undefined) return { ...nothing, problem: 'netavark is not installed' };
  try {
    const [{ version, firewallDriver }, aardvark] = await Promise.all([
      netavark.version(signal),
      netavark.aardvarkVersion(signal),
    ]);
    const problem =
      firewallDriver === ''
        ? `netavark ${version} does not know nftables; networks need 1.10 or newer`
        : aardvark === undefined
          ? 'aardvark-dns is not installed: names are not found'
          : undefined;
    return { netavarkVersion: version, aardvarkVersion: aardvark ?? '', firewallDriver, problem };
  } catch (error) {
    if (!(error instanceof NetavarkFailed)) throw error;
    return { ...nothing, problem: error.message };
  }
}

async function controllersOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  return text.split(/\s+/).filter((name) => name !== '');
}
