/**
 * What berth asks of an OCI runtime (crun, runc).
 *
 * A runtime is a program that runs for milliseconds and leaves a record below `--root`; nothing here keeps state. What
 * systemd runs (create, start, delete, exec) is given as an argv that ends up in a unit and works without
 * berthd; what berthd asks directly (state, delete, …) is a method. This folder knows bundles and runtime ids; it knows
 * neither units nor containers.
 */

import type { RuntimeError } from './errors.ts';
import type { ProgramLease } from '../lib/sealed-program.ts';

/** The states of the OCI runtime specification 1.2, and `paused`, which crun and runc add. */
export type RuntimeStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

export interface RuntimeState {
  readonly id: string;
  readonly status: RuntimeStatus;
  /** Of the container's init, as the host numbers it; undefined once it is gone. */
  readonly pid: number | undefined;
  readonly bundle: string;
  readonly createdAt: Date | undefined;
}

export interface RuntimeFeatures {
  /** `1.21`; without the program's name. */
  readonly version: string;
  /** Of the runtime specification: `1.0.0` … `1.2.0`. */
  readonly ociVersion: { readonly min: string; readonly max: string } | undefined;
  /** Whether the runtime was built with CRIU; `criu check` says whether this host's kernel and criu will do. */
  readonly checkpoint: 'supported' | 'unsupported';
  /** Which `--manage-cgroups-mode` the runtime understands; empty where it has no such option (runc 1.1). */
  readonly manageCgroupsModes: readonly string[];
  readonly cgroupManagers: readonly string[];
  readonly mountOptions: readonly string[];
  readonly namespaces: readonly string[];
  readonly capabilities: readonly string[];
  readonly seccompActions: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface CreateArguments {
  readonly id: string;
  /** The folder with `config.json`. */
  readonly bundle: string;
  readonly pidFile: string;
  /** Where the runtime writes its own errors, as JSON lines; see `RuntimeLog`. */
  readonly logPath: string;
  /** A listening unix socket that receives the pty master; needed if, and only if, the process has a terminal. */
  readonly consoleSocket?: string | undefined;
}

export interface ExecArguments {
  readonly id: string;
  /** A file with the OCI `process` object. */
  readonly processFile: string;
  readonly pidFile: string;
  readonly logPath: string;
  /** As for `create`; not where `execTerminal` is `copied` and it stays attached. */
  readonly consoleSocket?: string | undefined;
  /** How many of the runtime's own descriptors the process has beside the standard streams, from 3 on. Default: none. */
  readonly preservedDescriptors?: number | undefined;
  /** `attached`: the runtime stays until the process ends and exits with its code. */
  readonly mode: 'attached' | 'detached';
}

/**
 * How the terminal of an attached `exec` comes to its caller. `sent`: its master goes to the console socket, as with `create`.
 * `copied`: the runtime keeps the master, and copies between that and the terminal that it was started at itself, the controlling
 * one of its session; it takes over that one's size when it starts and at each SIGWINCH. SIGINT ends it with 0, whatever its process
 * does (handleInterrupt in runc's tty.go), so it must not be sent that.
 */
export type ExecTerminal = 'sent' | 'copied';

/** Of the process of a container that was created: it `waits` to be started, or it was `started`. */
export type StartFate = 'waits' | 'started';

export interface OciRuntime {
  readonly name: RuntimeName;
  /** Of the program. */
  readonly path: string;
  /** Where the runtime keeps its records: `--root`. */
  readonly root: string;
  readonly execTerminal: ExecTerminal;

  /** What can be executed in the place of `path`, and begins sooner; undefined where only that can. */
  lease(): Promise<ProgramLease | undefined>;
  /** What a unit runs to create, an argv and never a shell line; so are the others. */
  createArgv(options: CreateArguments): string[];
  startArgv(id: string, options?: { readonly logPath?: string | undefined }): string[];
  /** Kills whatever still runs, and succeeds if the runtime knows no such container. */
  deleteArgv(id: string): string[];
  execArgv(options: ExecArguments): string[];

  /** Takes milliseconds, and cannot be given up. @throws RuntimeError */
  start(id: string): Promise<void>;
  /**
   * What has become of a start that nobody has seen the end of, as the kernel has it. A runtime that died when it had let the
   * process go calls the container created for ever, and another start of it waits for ever: what it left to be done for that
   * is done here.
   * @param pid the first process of the container
   */
  fateOfStart(id: string, pid: number): Promise<StartFate>;
  /** What the runtime knows; undefined if it knows no such container. @throws RuntimeError */
  state(id: string, signal?: AbortSignal): Promise<RuntimeState | undefined>;
  /**
   * Removes the runtime's record; resolves also if there was none.
   * @param ifRunning `refuse`, or `kill` it first
   * @throws RuntimeError
   */
  delete(id: string, options: { readonly ifRunning: 'refuse' | 'kill' }, signal?: AbortSignal): Promise<void>;
  features(signal?: AbortSignal): Promise<RuntimeFeatures>;
}

export const RUNTIME_NAMES = ['crun', 'runc'] as const;
export type RuntimeName = (typeof RUNTIME_NAMES)[number];

/** Where a unit's failed `create` or `start` left its words: the file given as `logPath`. */
export interface RuntimeLog {
  /** The last error in the log, classified; undefined if there is none, or no log. */
  lastError(logPath: string): Promise<RuntimeError | undefined>;
}
