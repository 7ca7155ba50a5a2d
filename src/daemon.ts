/**
 * The composition root: opens every adapter, hands them to those who need them, and closes them in reverse. Nothing else
 * constructs an adapter.
 */
import { access, constants, mkdir, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { containerInterface } from './api/io-berth-container.ts';
import { imageInterface } from './api/io-berth-image.ts';
import { volumeInterface } from './api/io-berth-volume.ts';
import { networkInterface } from './api/io-berth-network.ts';
import { systemInterface } from './api/io-berth-system.ts';
import { serviceInterface } from './api/io-systemd-service.ts';
import { containerFiles } from './archive/container-files.ts';
import type { Settings } from './config/settings.ts';
import { adoptFolders } from './container/records/adopt.ts';
import { Bundles } from './container/launch/bundle.ts';
import { containersOn } from './container/containers.ts';
import { Files } from './container/files/files.ts';
import { Ends } from './container/ends.ts';
import { Lane } from './container/lane/lane.ts';
import { launchOn } from './container/launch/launch.ts';
import { Recovery } from './container/recovery.ts';
import { ExecSessions } from './container/exec/exec-sessions.ts';
import { SessionStore } from './container/exec/session-store.ts';
import { SessionFiles } from './container/exec/session-files.ts';
import { noFaults, type Faults } from './container/faults.ts';
import { Folders } from './container/records/folder.ts';
import type { Ports } from './container/ports.ts';
import { DAEMON_UNIT, STREAMS_UNIT } from './container/unit-names.ts';
import { ContainerIndex } from './container/records/container-index.ts';
import { imageUsersOf } from './container/records/image-users.ts';
import { imagesOn } from './image/images.ts';
import { SystemdJournal } from './journal/systemd-journal.ts';
import { takeDescriptors } from './lib/peer-descriptors.ts';
import { steadyClock } from './lib/steady-clock.ts';
import type { LevelledLogger } from './log/journal-logger.ts';
import { installedRuntimes } from './oci/installed-runtimes.ts';
import { runtimeLog } from './oci/runtime-log.ts';
import { readSeccompProfile } from './container/launch/host-files.ts';
import { loadedOnce } from './lib/loaded-once.ts';
import { installedSeccompProfile } from './oci/installed-seccomp.ts';
import { Relays } from './relay/relays.ts';
import type { DescriptorStore } from './relay/stored-streams.ts';
import { containerService } from './service/container-service.ts';
import { internalError } from './service/errors.ts';
import { networkingOf } from './networking.ts';
import { imagesService } from './service/images.ts';
import { preferring } from './preferred-runtime.ts';
import { networksService } from './service/networks.ts';
import { serviceService } from './service/service.ts';
import { systemService } from './service/system.ts';
import { translated } from './service/translated.ts';
import { volumesService } from './service/volumes.ts';
import { folderInside } from './storage/folder-inside.ts';
import { readInside } from './storage/inside.ts';
import { holdsMounts } from './storage/mountinfo.ts';
import { SkopeoImageStore } from './storage/skopeo/skopeo-image-store.ts';
import { overlayMount } from './storage/overlay.ts';
import { unmountAll } from './storage/unmount.ts';
import { ContainerRows } from './store/container-rows.ts';
import { EndedRows } from './store/ended-rows.ts';
import { openOrReplace } from './store/recover.ts';
import { holdOf, type Hold } from './supervisor/idle.ts';
import { Supervisor } from './supervisor/supervisor.ts';
import { missingControllers } from './systemd/process/controllers.ts';
import { isPopulated, readUsage } from './systemd/process/cgroup.ts';
import { CgroupFreezer } from './systemd/process/cgroup-freezer.ts';
import { readProcesses } from './systemd/process/group-processes.ts';
import { DbusUnitManager } from './systemd/units/dbus-unit-manager.ts';
import { FollowedService } from './systemd/units/followed-service.ts';
import type { ResourceLimit } from './lib/resource-limits.ts';
import { GroupMoves } from './systemd/process/group-moves.ts';
import { startLikeService, urgently } from './systemd/process/unit-process.ts';
import { BusDisconnected, BusUnavailable } from './systemd/errors.ts';
import { Server } from './varlink/server.ts';
import { VERSION } from './version.ts';
import { attainable, setUpsWith } from './setting-up.ts';
import { recoverVolumes, volumesAt } from './volumes-at.ts';

export interface World {
  /** Its directories are read once, the rest whenever it is needed. */
  readonly settings: Settings;
  readonly log: LevelledLogger;
  /** What GetEnvironment answers. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** systemd's fd store, and what it held when this process was started. */
  readonly store: DescriptorStore;
  readonly stored: ReadonlyMap<string, readonly number[]>;
  /** Told whenever `hold` of the daemon may answer otherwise. */
  readonly holdChanged: () => void;
  /** Told how far operations have come; for tests. */
  readonly faults?: Faults | undefined;
}

/** More clients than this at once are turned away; systemd's own services take 4096. */
const MAX_CONNECTIONS = 1024;

/** A daemon that has looked at everything and is ready to be called; it listens where `server` is told to. */
export class Daemon implements AsyncDisposable {
  readonly server: Server;
  /** Rejects when the daemon cannot go on. */
  readonly failed: Promise<never>;
  /** Resolves when systemd answers, or is known to be away; whatever else does not come back. */
  readonly look: (signal: AbortSignal) => Promise<void>;
  /** What keeps berthd from leaving until it is called again. */
  readonly hold: () => Hold | undefined;
  /** To be called once it listens: goes on with streams that an earlier berthd has left. */
  readonly begin: () => Promise<void>;
  readonly #open: AsyncDisposableStack;

  private constructor(
    parts: Pick<Daemon, 'server' | 'failed' | 'look' | 'hold' | 'begin'> & { readonly open: AsyncDisposableStack },
  ) {
    this.server = parts.server;
    this.failed = parts.failed;
    this.look = parts.look;
    this.hold = parts.hold;
    this.begin = parts.begin;
    this.#open = parts.open;
  }

  /** @throws DatabaseTooNew | DatabaseUnusable | BusUnavailable */
  static async open({ settings, log, environment, store, stored, holdChanged, faults }: World): Promise<Daemon> {
    await using opening = new AsyncDisposableStack();
    const { dataDirectory, runDirectory, libexecDirectory } = settings.current;
    await mkdir(join(dataDirectory, 'containers'), { recursive: true, mode: 0o700 });
    await access(dataDirectory, constants.W_OK); // SQLite would say no more than that it cannot open its file
    await mkdir(join(runDirectory, 'pids'), { recursive: true, mode: 0o711 });

    const { connection, damaged } = openOrReplace(join(dataDirectory, 'berth.db'), new Date());
    const database = opening.adopt(connection, (open) => {
      open.close();
    });
    if (damaged !== undefined) {
      const { path, error } = damaged;
      log.error('The database was damaged; it was moved aside, and a new one is filled from the folders', {
        path,
        error,
      });
    }
    const moves = new GroupMoves((error) => {
      log.info('Units start and end some milliseconds later than they could', { error });
    });
    const units = opening.use(await DbusUnitManager.open({ moves }));
    const installed = installedRuntimes(join(runDirectory, 'runtimes'));
    const additionalImageStores = (): readonly string[] => settings.current.additionalImageStores;
    const imageStore = new SkopeoImageStore({
      root: join(dataDirectory, 'storage'),
      runRoot: join(runDirectory, 'storage'),
      additional: additionalImageStores,
      reached: faults,
      onDamage: (error) => {
        log.warn('An image in the store cannot be read and is left out', { error });
      },
    });
    const folders = new Folders(dataDirectory, runDirectory);
    const helpers = libexecDirectory;
    const now = (): Date => new Date();
    const steadyNow = steadyClock(now, () => performance.now());
    const index = new ContainerIndex(new ContainerRows(database), new EndedRows(database), steadyNow, log);
    const images = imagesOn(imageStore, imageUsersOf(index));
    const volumes = volumesAt(join(dataDirectory, 'volumes'), { index, log, now, faults: faults ?? noFaults });
    const pidOf = (id: string): number | undefined => index.pidOf(id);
    const defaultLimits = (): readonly ResourceLimit[] => units.facts.processDefaults.limits;
    const profile = installedSeccompProfile();
    const seccomp = loadedOnce(async () => await readSeccompProfile(profile));
    const bundles = new Bundles({
      images,
      volumes,
      folderInside,
      overlayMount,
      folders,
      readInside,
      seccomp,
      helpers,
      pidOf,
      defaultLimits,
      attainable,
      holdsMounts,
    });
    const writer = opening.use(
      await FollowedService.open(units, STREAMS_UNIT, (error) => {
        log.warn('What containers write is logged as berthd’s own for now', { error });
      }),
    );
    const relays = new Relays({
      writer: () => writer.pid,
      store,
      stored,
      folder: join(runDirectory, 'consoles'),
      now,
      failed: (key, error) => {
        log.error('A stream could not be relayed as it should be', { relay: key, error });
      },
      changed: holdChanged,
    });
    opening.defer(() => {
      relays.close();
    });
    const runtimes = preferring(installed, settings);
    const nothing = opening.use(await open('/dev/null', 'r+'));
    const freezer = new CgroupFreezer();
    const lane = new Lane({ index, units, folders, freezer, now });
    const sessions = opening.use(
      new ExecSessions({
        index,
        folders,
        units,
        runtimes,
        runtimeLog,
        relays,
        readInside,
        store: new SessionStore(new SessionFiles(join(runDirectory, 'exec'))),
        start: startLikeService,
        urgently,
        takeDescriptors,
        isPopulated,
        helper: join(libexecDirectory, 'exec-session'),
        nothing,
        lane,
        faults: faults ?? noFaults,
        log,
        now,
      }),
    );
    const { networks, network, netavark } = networkingOf({ settings, index, store, stored, now });
    const world = {
      index,
      lane,
      folders,
      units,
      runtimes,
      runtimeLog,
      images,
      volumes,
      journal: new SystemdJournal(),
      mounts: { unmountAll },
      cgroups: { usage: readUsage, processes: readProcesses, missingControllers: missingControllers(units) },
      freezer,
      network,
      sessions,
      relays,
      hostname: hostname(),
      defaultStreams: () => settings.current.streams,
      log,
      now,
      faults: faults ?? noFaults,
    };
    const setUps = environment['NOTIFY_SOCKET'] === undefined ? undefined : setUpsWith(libexecDirectory, nothing);
    const ports: Ports = { ...world, launch: launchOn({ ...world, bundles, setUps }) };
    const containers = containersOn(ports);
    const files = new Files({ lane, folders, files: containerFiles, bundles });
    const ends = new Ends(ports);
    const recovery = new Recovery(ports);
    opening.defer(async () => {
      await ends.close();
    });
    // Where the rest fails: what is being finished waits for it.
    opening.defer(async () => {
      await relays.begin();
    });
    await adoptFolders({ index, folders, log });
    recoverVolumes(volumes, log);
    const supervisor = opening.use(new Supervisor({ recovery, units, log }));
    await supervisor.start();
    await sessions.recover();
    await relays.sweep();

    const server = opening.use(
      new Server({
        vendor: 'berth',
        product: 'berthd',
        version: VERSION,
        url: '',
        limits: { maxConnections: MAX_CONNECTIONS },
        onConnections: holdChanged,
        ...internalError(log),
      }),
    );
    opening.defer(async () => {
      await relays.leave(); // before the server lets its clients go
    });
    const detachKeysOf = (container: string): string =>
      index.find(container).config.detachKeys ?? settings.current.detachKeys;
    const storageDirectory = imageStore.root;
    const facts = {
      version: VERSION,
      dataDirectory,
      storageDirectory,
      runtimes: installed,
      additionalImageStores,
      netavark,
    };
    server
      .serve(
        containerInterface,
        translated(containerInterface.name, containerService({ containers, sessions, ends, files, detachKeysOf })),
      )
      .serve(imageInterface, translated(imageInterface.name, imagesService(images)))
      .serve(networkInterface, translated(networkInterface.name, networksService(networks, containers)))
      .serve(volumeInterface, translated(volumeInterface.name, volumesService(volumes, containers)))
      .serve(systemInterface, translated(systemInterface.name, systemService(facts, { units, images, containers })))
      .serve(serviceInterface, serviceService(log, environment, settings));
    const look = async (signal: AbortSignal): Promise<void> => {
      await units.status(DAEMON_UNIT, signal).catch((error: unknown) => {
        // A line that is known to be down is being made anew, and a berthd that is started again could do no more.
        if (!(error instanceof BusUnavailable || error instanceof BusDisconnected)) throw error;
      });
    };
    opening.use(index.changes.listenToAll(holdChanged));
    const hold = (): Hold | undefined =>
      holdOf({ clients: server.connections, streams: relays.count, containers: index.all() });
    const begin = async (): Promise<void> => {
      await relays.begin();
    };
    return new Daemon({ server, failed: supervisor.failed, look, hold, begin, open: opening.move() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}
