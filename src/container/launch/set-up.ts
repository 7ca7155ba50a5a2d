/**
 * Sets a container up while systemd is still busy with the command of its unit. That takes systemd 15 to 25 ms, nearly all of it
 * for the start of systemd-executor, while the group that the container is to be in is there from the first. So a program of
 * berthd's creates the container there, and berthd tells systemd in the name of the main process, which is going to be the unit's
 * own program, `unit-start`, that the container's is the main one. That program then has nothing left to do: it waits while
 * this goes on, and does what is missing where berthd has died, or could not. So a failure here is none of the start, and what there
 * is to say about it, that program says.
 */
import { readFile } from 'node:fs/promises';
import type { LockedFile } from '../../lib/file-lock.ts';
import type { ProcessHandle } from '../../lib/pidfd.ts';
import type { GatedProcess } from '../../systemd/process/gated-process.ts';
import type { MainProcess } from '../../systemd/units/unit-manager.ts';
import { concernsProcesses } from '../../unit-file/assignments.ts';
import type { Container } from '../container.ts';
import type { Configuration } from '../configuration/configuration.ts';
import type { Folder, Next } from '../records/folder.ts';
import { shortId } from '../names.ts';
import type { LaunchPorts, SetUps } from './ports.ts';
import { oomScoreOf } from './process-limits.ts';
import type { UnitCommands, UnitStreams } from './unit.ts';
import { assignmentName } from '../configuration/unit-properties.ts';
import { giveBackNetwork } from '../network/give-back.ts';
import { runtimeFor } from './runtime-for.ts';
import { SET_UP_MARK } from './set-up-mark.ts';

const SIGKILL = 9;
/** The runtime, as the second of the descriptors that `set-up` is given. */
const PROGRAM = '/proc/self/fd/4';
/** Before, systemd would put the unit's own program into the way of the runtime: it knows no DelegateSubgroup=. */
const MIN_SYSTEMD = 254;

/** Dispose of it when the start of the unit has come to its end. */
export interface SetUp extends AsyncDisposable {
  /** systemd has told of the unit's process. */
  readonly spawned: (main: MainProcess) => void;
  /** Nobody waits for the container any more but systemd, for the end of this. */
  readonly givenUp: () => void;
}

/**
 * Gets ready to set a container up in its unit, whose start comes next.
 * @param next what becomes of its process then
 * @returns undefined where the unit has to do so by itself
 */
export async function prepareSetUp(
  ports: LaunchPorts,
  container: Container,
  folder: Folder,
  commands: UnitCommands,
  streams: UnitStreams,
  next: Next,
): Promise<SetUp | undefined> {
  const { setUps, units, faults } = ports;
  if (setUps === undefined || units.facts.version < MIN_SYSTEMD || !isOrdinary(container.config, commands))
    return undefined;
  using borrowed = new DisposableStack();
  // A process that waits for long is seen in lists, by the name of what made it.
  const lease = borrowed.use(next === 'start' ? await runtimeFor(ports, container).lease() : undefined);
  const lock = await setUps.lock(folder.setupFile, `${SET_UP_MARK.byBerthd}\n`);
  const { mount, mountDirectory, create } = commands;
  const run = lease === undefined ? create : [PROGRAM, ...create.slice(1)];
  const argv = ['/bin/sh', setUps.helper, folder.path, folder.pidFile, mountDirectory, ...mount, '--', ...run];
  const { stdin = setUps.nothing.fd, stdout, stderr } = streams;
  const further = [lock.fd, ...(lease === undefined ? [] : [lease.fd])];
  const held = borrowed.move();
  // Not waited for: systemd is asked for the unit meanwhile.
  const program = setUps
    .start(argv, { stdin, stdout, stderr }, oomScoreOf(container.config, units.facts), further)
    .then((started) => {
      faults('launch: set-up waits');
      return started;
    })
    .finally(() => {
      held.dispose();
    });
  return new RunningSetUp(ports, setUps, container, folder, lock, program);
}

/** Whether nothing is asked for that systemd does for the processes that it starts, and for no others of the unit. */
const isOrdinary = ({ unitProperties }: Configuration, { prepare = [] }: UnitCommands): boolean =>
  prepare.length === 0 && !unitProperties.map(assignmentName).some(concernsProcesses);

const kill = (program: GatedProcess): void => {
  program.kill();
};
/** Nothing is there for it to do. */
const sendHome = (program: GatedProcess): void => {
  program[Symbol.dispose]();
};

class RunningSetUp implements SetUp {
  readonly #ports: LaunchPorts;
  readonly #setUps: SetUps;
  readonly #container: Container;
  readonly #folder: Folder;
  readonly #lock: LockedFile;
  readonly #program: Promise<GatedProcess>;
  readonly #group: Disposable;
  /** There once the group is. */
  #through: Promise<GatedProcess> | undefined;
  #work: Promise<void> | undefined;
  /** The unit's own program, and the process that it was to name. */
  #replaced: { readonly by: number; readonly main: ProcessHandle | undefined } | undefined;

  constructor(
    ports: LaunchPorts,
    setUps: SetUps,
    container: Container,
    folder: Folder,
    lock: LockedFile,
    program: Promise<GatedProcess>,
  ) {
    this.#ports = ports;
    this.#setUps = setUps;
    this.#container = container;
    this.#folder = folder;
    this.#lock = lock;
    this.#program = program;
    program.catch(() => undefined); // told of where it is waited for
    this.#group = setUps.groups.expect(container.unit, () => void this.#letThrough());
  }

  readonly spawned = (main: MainProcess): void => {
    this.#work ??= this.#goOn(main);
  };

  readonly givenUp = (): void => void this.#end(kill);

  async [Symbol.asyncDispose](): Promise<void> {
    this.#group[Symbol.dispose]();
    await this.#end(this.#through === undefined ? sendHome : kill);
    await (this.#work ?? this.#takeBack());
    this.#lock.unlock();
    this.#dismiss();
  }

  /** Where it cannot be run, that is said by whoever needs it. */
  async #end(bring: (program: GatedProcess) => void): Promise<void> {
    const program = await this.#program.catch(() => undefined);
    if (program === undefined) return;
    bring(program);
    await program.ended;
  }

  #letThrough(): Promise<GatedProcess> {
    if (this.#through === undefined) {
      this.#through = this.#opened();
      this.#through.catch(() => undefined);
    }
    return this.#through;
  }

  async #opened(): Promise<GatedProcess> {
    const program = await this.#program;
    program.open();
    this.#ports.faults('launch: set-up let through');
    // The runtime moves the container's process: launch saw to that, but that is long ago where systemd takes its time.
    this.#ports.units.expectStart();
    return program;
  }

  /** systemd has made a group, perhaps, and no process in it: there is nobody else to give up what was made for that. */
  async #takeBack(): Promise<void> {
    if (this.#through === undefined) return;
    await runtimeFor(this.#ports, this.#container).delete(shortId(this.#container.id), { ifRunning: 'kill' });
    await this.#ports.mounts.unmountAll(this.#folder.root);
    await giveBackNetwork(this.#ports, this.#container, this.#folder);
  }

  async #goOn(main: MainProcess): Promise<void> {
    try {
      await this.#setUp(main);
    } catch (error) {
      this.#ports.log.warn('A container is left to its unit to set up', { unit: this.#container.unit, error });
      await this.#end(kill);
    } finally {
      this.#lock.unlock();
    }
  }

  async #setUp({ pid, invocationId }: MainProcess): Promise<void> {
    const { units, faults } = this.#ports;
    const program = await this.#letThrough();
    const [main, end] = await Promise.all([this.#setUps.open(pid, this.#container.unit), program.ended]);
    using held = new DisposableStack();
    if (main !== undefined) held.use(main);
    if (!('code' in end) || end.code !== 0) return;
    const by = Number(await readFile(this.#folder.pidFile, 'latin1'));
    if (!Number.isInteger(by) || by <= 1) return;
    faults('launch: container created');
    await units.handOver(pid, by);
    faults('launch: container handed over');
    this.#lock.write(`${SET_UP_MARK.done(invocationId)}\n`);
    held.move();
    this.#replaced = { by, main };
  }

  /** The unit's own program need not even be executed any more, which saves half of what that costs. */
  #dismiss(): void {
    if (this.#replaced?.main === undefined) return;
    using main = this.#replaced.main;
    if (this.#ports.units.lastTold(this.#container.unit)?.mainPid === this.#replaced.by) main.signal(SIGKILL);
  }
}
