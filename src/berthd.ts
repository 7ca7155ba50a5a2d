/** The life of the process berthd: opens the daemon, serves it where systemd says, tells systemd how it stands, and ends. */
import { setTimeout as delay } from 'node:timers/promises';
import { Daemon } from './daemon.ts';
import type { Faults } from './container/faults.ts';
import { ConfigInvalid } from './config/config.ts';
import { Settings } from './config/settings.ts';
import { MemorySaver, ownMemory } from './lib/memory-saver.ts';
import { journalLogger } from './log/journal-logger.ts';
import { Topic } from './lib/topic.ts';
import { standIn } from './service/stand-in.ts';
import { DatabaseTooNew } from './store/database.ts';
import { IdleExit } from './supervisor/idle.ts';
import { Watchdog } from './supervisor/watchdog.ts';
import { closeOnExec } from './systemd/bus/close-on-exec.ts';
import { Notifier } from './systemd/process/notify.ts';
import { passedDescriptors, serveActivated } from './varlink/activation.ts';

const log = journalLogger('berthd');
const DEFAULT_ADDRESS = 'unix:/run/berth/io.berth;mode=0660';

/** EX_CONFIG of sysexits.h; berthd.service is not started again after it. */
const CONFIGURATION_EXIT = 78;

/** Whether starting again is in vain until somebody has changed something. */
const needsSomebody = (error: unknown): boolean => error instanceof ConfigInvalid || error instanceof DatabaseTooNew;

/** For as long as this, clients of a berthd that cannot start are told so; then systemd has it try again. */
const STAND_IN_MS = 1000;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What is opened, or, where it cannot be, its failure once those who have called meanwhile know of it. */
async function orTold<T>(
  opening: Promise<T>,
  { environment, terminated }: { environment: Environment; terminated: Promise<void> },
): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    await using server = standIn(reasonOf(error), log);
    if ((await serveActivated(server, environment)) === 'listening')
      await Promise.race([delay(STAND_IN_MS), terminated]);
    throw error;
  }
}

/** What systemd has passed to this process, by name: the socket, and what the last berthd has left in the fd store. */
async function passed(environment: Environment): Promise<ReadonlyMap<string, readonly number[]>> {
  const byName = new Map<string, number[]>();
  for (const { fd, name } of passedDescriptors(environment)) {
    await closeOnExec(fd);
    byName.set(name, [...(byName.get(name) ?? []), fd]);
  }
  return byName;
}

/** Resolves when a signal asks the process to end. */
async function terminated(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  await promise;
}

/** Resolves when nobody needs the daemon any more; it has stopped listening then. */
async function untilIdle(daemon: Daemon, settings: Settings, changes: Topic<'hold'>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  using idle = new IdleExit({
    hold: daemon.hold,
    afterMs: () => settings.current.exitOnIdleMs,
    exit: () => {
      // In this turn: a client that connects from now on waits in systemd's socket for the next berthd.
      resolve(daemon.server.close().then(() => undefined));
    },
  });
  using _changes = changes.listen('hold', () => {
    idle.reconsider();
  });
  idle.reconsider();
  await promise;
  log.info('Nobody has needed berthd for some time; it exits until it is called again');
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Serves until it is told to end, and sets the exit status. @param faults for tests: told how far operations have come */
export async function berthd(environment: Environment, faults?: Faults): Promise<void> {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: watchdogUsec, WATCHDOG_PID: watchdogPid } = environment;
  const notifier = new Notifier({ socket, watchdogUsec, watchdogPid });
  try {
    await serve(notifier, environment, faults);
  } catch (error) {
    log.error('berthd cannot go on', { error });
    await notifier.status(`Cannot go on: ${reasonOf(error)}`).catch((unheard: unknown) => {
      log.error('systemd was not told', { error: unheard });
    });
    process.exitCode = needsSomebody(error) ? CONFIGURATION_EXIT : 1;
  }
}

/** Reads the configuration anew once berthd has started, and has `systemctl reload` wait until that is done. */
async function reload(settings: Settings, notifier: Notifier, started: Promise<undefined>): Promise<void> {
  await started;
  await notifier.reloading();
  let status = '';
  try {
    await settings.reload();
  } catch (error) {
    log.error('The configuration could not be read anew; the one before stays in force', { error });
    status = `The configuration of before is in force: ${reasonOf(error)}`;
  }
  await notifier.ready(status);
}

async function serve(notifier: Notifier, environment: Environment, faults: Faults | undefined): Promise<void> {
  const termination = terminated();
  const ending = [termination];
  const circumstances = { environment, terminated: termination };
  const changes = new Topic<'hold'>();
  const holdChanged = (): void => {
    changes.announce('hold');
  };
  const applied = Settings.open((config) => {
    log.level = config.logLevel;
    holdChanged();
  });
  const settings = await orTold(applied, circumstances);
  const { promise: started, resolve: isStarted } = Promise.withResolvers<undefined>();
  process.on('SIGHUP', () => {
    reload(settings, notifier, started).catch((error: unknown) => {
      log.error('systemd was not told of a reload', { error });
    });
  });
  const memory = ownMemory((error) => {
    log.warn('Memory could not be given back', { error });
  });
  using _saver = memory === undefined ? undefined : new MemorySaver(memory);
  const stored = await passed(environment);
  const opening = Daemon.open({ settings, log, environment, store: notifier, stored, holdChanged, faults });
  await using daemon = await orTold(opening, circumstances);
  const activation = await serveActivated(daemon.server, environment);
  if (activation === 'connected') return; // its one client has gone
  if (activation === 'nothing') await daemon.server.listen(DEFAULT_ADDRESS);
  await daemon.begin();
  const { watchdogMs } = notifier;
  const tell = async (): Promise<void> => {
    await notifier.watchdog();
  };
  using _watchdog = watchdogMs === undefined ? undefined : new Watchdog({ look: daemon.look, tell, log }, watchdogMs);
  await notifier.ready();
  isStarted(undefined);
  // Nobody but systemd starts it again.
  if (activation === 'listening') ending.push(untilIdle(daemon, settings, changes));
  await Promise.race([...ending, daemon.failed]);
  await notifier.stopping();
}
