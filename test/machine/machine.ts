/**
 * A machine to test on: Debian with systemd as PID 1, booted by systemd-nspawn in about a second over a root that
 * nobody writes to, entered by nsenter.
 *
 *     await using machine = await Machine.boot();
 *     await machine.check(['systemctl', 'start', 'berthd.socket']);
 *     const socket = net.connect(machine.path('/run/berth/io.berth'));
 *
 * Invariants: what a machine mounts, runs and writes is nowhere to be seen on the host, and gone with the process that
 * booted it, however that ends (see supervisor.sh); machines do not know of one another.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, PATH } from './cache.ts';
import { readConsole } from './console.ts';
import { check, type Outcome, Process, run, type RunOptions, type SpawnOptions } from './process.ts';
import { type RootName, rootOf } from './roots.ts';

export interface BootOptions {
  /** Default: trixie. */
  root?: RootName;
  /** .deb files to install before the boot. */
  install?: readonly string[];
  /** Host folders to show in the machine, read-only: path in the machine → path on the host. */
  show?: Readonly<Record<string, string>>;
}

/** Measured boots take 1 s, also on two busy cores less than 10. */
const BOOT_LIMIT_MS = 90_000;
const HERE = import.meta.dirname;
const NSPAWN = [
  '--register=no',
  '--keep-unit',
  '--capability=all',
  '--private-network',
  '--link-journal=no',
  '--console=read-only', // with `pipe` there would be no /dev/console for the boot to report to
  '--system-call-filter=@known',
];
const NSPAWN_ENV = { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1', SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1' };
const ENV = { PATH, HOME: '/root', LANG: 'C.UTF-8', TERM: 'dumb', LOGNAME: 'root', USER: 'root' };
let booted = 0;

/** What only the process that booted a machine has. */
interface Supervisor {
  console: readonly string[];
  /** Resolves with the state systemd gives when nothing is left to start. */
  nextBoot: (signal: AbortSignal) => Promise<string>;
  leader: () => number;
  end: () => Promise<void>;
}

export class Machine implements AsyncDisposable {
  #leader: number;
  readonly #supervisor: Supervisor | undefined;

  private constructor(leader: number, supervisor?: Supervisor) {
    this.#leader = leader;
    this.#supervisor = supervisor;
  }

  /** Boots a machine of its own; `await using` ends it. @throws Error with what the console showed */
  static async boot(options: BootOptions = {}): Promise<Machine> {
    const supervisor = supervise(await rootOf(options.root ?? 'trixie'), options);
    try {
      const state = await supervisor.nextBoot(AbortSignal.timeout(BOOT_LIMIT_MS));
      const machine = new Machine(supervisor.leader(), supervisor);
      if (state !== 'running') await machine.#complain(state);
      return machine;
    } catch (error) {
      await supervisor.end();
      throw new Error(`the machine did not boot\n${supervisor.console.join('\n')}`, { cause: error });
    }
  }

  /** A machine that another process booted; disposing of it leaves it alone. */
  static attach(leader: number): Machine {
    return new Machine(leader);
  }

  /** The machine's PID 1, as the host numbers it. */
  get leader(): number {
    return this.#leader;
  }

  /** Runs a program in the machine to its end, whatever that is; after `timeoutMs` (60 s) it is killed. */
  async exec(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return await run(this.#enter(argv, options), this.#options(options), true);
  }

  /** As `exec`. @throws ProcessFailed with what it printed, unless it exits with 0 */
  async check(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    return await check(this.#enter(argv, options), this.#options(options), true);
  }

  /** Runs a shell script (`set -eu`) that must succeed. @throws ProcessFailed */
  async sh(script: string, options: RunOptions = {}): Promise<Outcome> {
    return await this.check(['sh', '-euc', script], options);
  }

  /** Starts a program in the machine and leaves the rest to the caller. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): Process {
    return new Process(this.#enter(argv, options), this.#options(options), true);
  }

  /**
   * The host's path of a file or socket in the machine. Absolute symlinks lead astray, to the host's files; and a reboot
   * changes the path.
   */
  path(inside: string): string {
    return join(`/proc/${this.#leader.toString()}/root`, inside);
  }

  /** The journal, or one unit's, as `journalctl -o short-precise` prints it. */
  async journal(unit?: string, ...options: readonly string[]): Promise<string> {
    const filter = unit === undefined ? [] : ['--unit', unit];
    const argv = ['journalctl', '--no-pager', '--output=short-precise', ...filter, ...options];
    return (await this.check(argv)).text();
  }

  /** What the console showed since the machine was booted; only where it was booted. */
  get console(): string {
    return this.#booter.console.join('\n');
  }

  /** Restarts the whole machine, as `reboot` does, or as a cut of its power would; its files stay. */
  async reboot(how: 'in-order' | 'power-cut' = 'in-order'): Promise<void> {
    const supervisor = this.#booter;
    const up = supervisor.nextBoot(AbortSignal.timeout(BOOT_LIMIT_MS));
    const force = how === 'power-cut' ? ['--force', '--force'] : [];
    await Promise.all([up, this.exec(['systemctl', 'reboot', ...force])]); // may well be killed before it has its answer
    this.#leader = supervisor.leader();
  }

  /** Ends the machine at once, as a power cut does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor?.end();
  }

  get #booter(): Supervisor {
    if (this.#supervisor === undefined) throw new Error('this machine was booted by another process');
    return this.#supervisor;
  }

  #enter(argv: readonly string[], { cwd }: SpawnOptions): string[] {
    const chdir = cwd === undefined ? [] : ['env', '--chdir', cwd];
    return ['nsenter', '-t', this.#leader.toString(), '-a', '-r', '-w', '--', ...chdir, ...argv];
  }

  #options<O extends SpawnOptions>(options: O): O {
    const { cwd: _, ...rest } = options;
    return { ...(rest as O), env: { ...ENV, ...options.env } };
  }

  async #complain(state: string): Promise<void> {
    const failed = await this.exec(['systemctl', '--failed', '--no-pager', '--plain', '--legend=no']);
    process.stderr.write(`berth: the machine is ${state}: ${failed.text()}\n`);
  }
}

function supervise(root: string, { install = [], show = {} }: BootOptions): Supervisor {
  const name = `berth-test-${process.pid.toString()}-${(booted++).toString()}`;
  const binds = Object.entries(show).map(([inside, outside]) => `--bind-ro=${outside}:${inside}`);
  const argv = [join(HERE, 'supervisor.sh'), join(CACHE, 'machine'), name, join(HERE, 'init.sh'), root, ...install];
  const child = spawn('sh', [...argv, '--', ...NSPAWN, ...binds, '/lib/systemd/systemd'], {
    env: { ...ENV, ...NSPAWN_ENV },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // Ctrl-C is for this process; the machine notices when standard input closes
  });
  child.stdin.on('error', () => {}); // it is gone, which `ended` tells
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
  });
  const waiting = new Set<(state: string) => void>();
  const console = readConsole(child, (state) => {
    for (const resolve of waiting) resolve(state);
  });
  return {
    console,
    async nextBoot(signal) {
      return await new Promise((resolve, reject) => {
        waiting.add(resolve);
        signal.addEventListener('abort', () => reject(new Error('it took too long', { cause: signal.reason })));
        ended.then(
          () => reject(new Error('it went down')),
          () => {},
        );
      });
    },
    leader: () => leaderOf(name),
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}

/** PID 1 of a machine is the one in the payload's init.scope that is 1 in its own PID namespace. */
function leaderOf(name: string): number {
  const mount = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(readFileSync('/proc/self/mountinfo', 'utf8'));
  const pids = readFileSync(join(mount?.[1] ?? '', name, 'payload/init.scope/cgroup.procs'), 'utf8');
  const leader = pids.match(/\d+/g)?.find((pid) => /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  if (leader === undefined) throw new Error(`no PID 1 in the control group ${name}`);
  return Number(leader);
}
