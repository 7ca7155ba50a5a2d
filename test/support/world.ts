/** The real domain on a real database and a real folder, and everything else in memory. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bundles } from '../../src/container/launch/bundle.ts';
import type { Request } from '../../src/container/configuration/configure.ts';
import type { Container } from '../../src/container/container.ts';
import { containersOn, type Containers } from '../../src/container/containers.ts';
import { Ends } from '../../src/container/ends.ts';
import { noFaults } from '../../src/container/faults.ts';
import { Lane } from '../../src/container/lane/lane.ts';
import { launchOn } from '../../src/container/launch/launch.ts';
import { Recovery } from '../../src/container/recovery.ts';
import { Folders, type Folder } from '../../src/container/records/folder.ts';
import type { State } from '../../src/container/state.ts';
import { ContainerIndex } from '../../src/container/records/container-index.ts';
import { imageUsersOf } from '../../src/container/records/image-users.ts';
import { volumeUsersOf } from '../../src/container/records/volume-users.ts';
import { imagesOn, type Images } from '../../src/image/images.ts';
import { steadyClock } from '../../src/lib/steady-clock.ts';
import { runtimeLog } from '../../src/oci/runtime-log.ts';
import type { Image } from '../../src/storage/images.ts';
import { overlayMount } from '../../src/storage/overlay.ts';
import { ContainerRows } from '../../src/store/container-rows.ts';
import { openDatabase, type Connection } from '../../src/store/database.ts';
import { EndedRows } from '../../src/store/ended-rows.ts';
import { Supervisor } from '../../src/supervisor/supervisor.ts';
import type { MissingControllers } from '../../src/systemd/process/controllers.ts';
import { FakeNetwork } from './fake-network.ts';
import { VolumeFolders } from '../../src/volume/volume-folders.ts';
import { volumesOn, type Volumes } from '../../src/volume/volumes.ts';
import { FakeUnits, type Script } from './fake-units.ts';
import {
  anImage,
  FakeFreezer,
  FakeImageStore,
  FakeJournal,
  FakeLog,
  FakeMounts,
  FakeRelays,
  FakeRuntime,
  realTrees,
} from './fakes.ts';

export interface WorldOptions {
  readonly images?: Image[];
  /** Files of images as containers see them, by path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly runtimes?: readonly FakeRuntime[];
}

/** Nobody gives up. */
export const patient = new AbortController().signal;
/** Nothing else is started with it. */
export const ALONE = { dependencies: 'must-run' } as const;

export class World implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'berth-unit-'));
  readonly database: Connection = openDatabase(':memory:');
  readonly log = new FakeLog();
  readonly journal = new FakeJournal();
  readonly mounts = new FakeMounts();
  readonly freezer = new FakeFreezer();
  readonly network = new FakeNetwork(join(this.directory, 'networks'), (network) =>
    this.index
      .all()
      .filter(({ config }) => config.networks.some((each) => each.network === network))
      .map(({ name }) => name),
  );
  readonly units: FakeUnits;
  readonly imageStore: FakeImageStore;
  images!: Images;
  volumes!: Volumes;
  readonly runtimes: readonly FakeRuntime[];
  readonly folders: Folders;
  readonly #files: Readonly<Record<string, string>>;
  index!: ContainerIndex;
  containers!: Containers;
  ends!: Ends;
  recovery!: Recovery;
  supervisor!: Supervisor;
  /** What the clock of the host shows; it goes on by a second with each look at it. */
  clock = Date.UTC(2026, 10, 21, 12);
  /** Controllers that this host does not have, by why not. */
  missingControllers: MissingControllers = new Map();
  /** What has passed since this berthd was started, in milliseconds. */
  elapsed = 0;

  constructor(options: WorldOptions) {
    this.imageStore = new FakeImageStore(options.images ?? [anImage()]);
    this.runtimes = options.runtimes ?? [new FakeRuntime('crun'), new FakeRuntime('runc')];
    this.#files = options.files ?? {};
    mkdirSync(join(this.directory, 'run', 'pids'), { recursive: true });
    mkdirSync(join(this.directory, 'data', 'containers'), { recursive: true });
    this.folders = new Folders(join(this.directory, 'data'), join(this.directory, 'run'));
    const each = (act: (runtime: FakeRuntime) => void): void => {
      this.runtimes.forEach(act);
    };
    this.units = new FakeUnits(() => this.now(), {
      mounted: (root) => this.mounts.mounted.add(root),
      unmounted: (root) => this.mounts.mounted.delete(root),
      created: (id) => {
        each(({ known }) => known.set(id, 'created'));
      },
      started: (id) => {
        each(({ known }) => known.set(id, 'running'));
      },
      gone: (id) => {
        each(({ known }) => known.delete(id));
      },
    });
    each((runtime) => {
      runtime.started = (id) => {
        this.units.processStarted(id);
      };
    });
    this.daemonStarts();
  }

  now(): Date {
    return new Date((this.clock += 1000));
  }

  /** berthd is dead from here on, and a new one takes its place: the database, the folders and the host are as they were. */
  daemonStarts(): void {
    const { folders, units, journal, mounts, log } = this;
    const steadyNow = steadyClock(
      () => this.now(),
      () => this.elapsed,
    );
    this.index = new ContainerIndex(new ContainerRows(this.database), new EndedRows(this.database), steadyNow, log);
    const images = imagesOn(this.imageStore, imageUsersOf(this.index));
    const volumes = volumesOn({
      folders: new VolumeFolders(join(this.directory, 'data', 'volumes')),
      users: volumeUsersOf(this.index),
      trees: realTrees,
      log,
      now: () => this.now(),
      faults: noFaults,
    });
    this.volumes = volumes;
    this.images = images;
    const find = (name: string): FakeRuntime | undefined => this.runtimes.find((runtime) => runtime.name === name);
    const now = (): Date => this.now();
    const bundles = new Bundles({
      images,
      volumes,
      folderInside: () => undefined,
      overlayMount,
      folders,
      readInside: (_, path) => this.#files[path],
      seccomp: async () => await Promise.resolve(undefined),
      helpers: '/usr/lib/berth',
      pidOf: (id) => this.index.pidOf(id),
      defaultLimits: () => units.facts.processDefaults.limits,
      attainable: async (limits) => await Promise.resolve(limits),
      holdsMounts: async () => await Promise.resolve(false),
    });
    const ports = {
      index: this.index,
      lane: new Lane({ index: this.index, units, folders, freezer: this.freezer, now }),
      folders,
      units,
      runtimes: { preferred: this.runtimes[0], find },
      runtimeLog,
      images,
      volumes,
      journal,
      mounts,
      freezer: this.freezer,
      relays: new FakeRelays(),
      network: this.network,
      sessions: { activeIn: () => [], forget: async () => await Promise.resolve() },
      cgroups: {
        usage: async () => await Promise.resolve(undefined),
        processes: async () => await Promise.resolve({ processes: [], more: false }),
        missingControllers: async () => await Promise.resolve(this.missingControllers),
      },
      hostname: 'host',
      defaultStreams: () => 'journal' as const,
      log,
      now,
      faults: noFaults,
    };
    const whole = { ...ports, launch: launchOn({ ...ports, bundles, setUps: undefined }) };
    this.containers = containersOn(whole);
    this.ends = new Ends(whole);
    this.recovery = new Recovery(whole);
    this.supervisor = new Supervisor({ recovery: this.recovery, units, log });
  }

  /** Makes a container of the name and brings it where it is wanted. */
  async given(
    name: string,
    state: 'configured' | 'created' | 'running' | 'paused' | 'exited' = 'configured',
    request: Request = {},
  ): Promise<Container> {
    await this.containers.create({ image: 'busybox', name, ...request }, patient);
    if (state === 'created') await this.containers.init(name, ALONE, patient);
    if (state === 'running' || state === 'paused' || state === 'exited')
      await this.containers.start(name, ALONE, patient);
    if (state === 'paused') await this.containers.pause(name, patient);
    if (state === 'exited') this.units.exits(this.unit(name), { code: 0 });
    const container = await this.containers.inspect(name);
    this.units.calls.length = 0;
    return container;
  }

  unit(name: string): string {
    return `berth-${name}.service`;
  }

  /** What berthd believes, without looking. */
  believed(name: string): Container {
    return this.index.find(name);
  }

  /** Of its first process, as berthd believes. */
  pid(name: string): number | undefined {
    const { status } = this.believed(name);
    return 'pid' in status ? status.pid : undefined;
  }

  /** What it is, after a look. */
  async state(name: string): Promise<State> {
    return (await this.containers.inspect(name)).status.state;
  }

  folder(name: string): Folder {
    return this.folders.of(this.index.find(name).id);
  }

  /** How the next start of a unit goes. */
  nextStart(script: Script): void {
    this.units.script(script);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.supervisor[Symbol.asyncDispose]();
    await this.ends.close();
    this.database.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const aWorld = (options: WorldOptions = {}): World => new World(options);
