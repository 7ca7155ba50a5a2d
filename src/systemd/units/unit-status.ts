/** What systemd says of units: the values that `unit-manager.ts` answers with. */
import type { ResourceLimit } from '../../lib/resource-limits.ts';

export type ActiveState =
  'active' | 'reloading' | 'inactive' | 'failed' | 'activating' | 'deactivating' | 'maintenance' | 'refreshing';

/** How a main process ended; `code` 0…255, `signal` as kill(2) names it. */
export type UnitExit = { readonly code: number } | { readonly signal: string; readonly dumpedCore: boolean };

/** What systemd tells with every change of a unit. */
export interface UnitFacts {
  readonly activeState: ActiveState;
  /**
   * Finer, by unit type: `running`, `start-post`, `auto-restart`, `stop-sigterm`, … A service that Restart= brings back
   * passes through `failed` or `inactive` with `failed-before-auto-restart` or `dead-before-auto-restart`: not its end.
   */
  readonly subState: string;
  /** The job that waits or runs for the unit. */
  readonly jobId: number | undefined;
  readonly activeEnteredAt: Date | undefined;
  readonly inactiveEnteredAt: Date | undefined;
  /** 32 hexadecimal digits, new with every start; empty if it never started. */
  readonly invocationId: string;
  /** Of services; undefined for other units, and where systemd told only the general facts. */
  readonly service: ServiceFacts | undefined;
}

export interface ServiceFacts {
  /** 0 when there is none. */
  readonly mainPid: number;
  /** `success`, `exit-code`, `signal`, `core-dump`, `timeout`, `oom-kill`, `start-limit-hit`, `resources`, … */
  readonly result: string;
  /** Of the last main process, once it has ended. */
  readonly exit: UnitExit | undefined;
  readonly mainStartedAt: Date | undefined;
  readonly mainExitedAt: Date | undefined;
  /** How often Restart= has brought it back, or would have, but for the start limit. */
  readonly restarts: number;
  /** What the service said of itself with STATUS=; may be empty. */
  readonly statusText: string;
}

/** What a service does now: all that systemd tells with every change, in one. */
export interface ServiceStatus extends Omit<UnitFacts, 'service'>, ServiceFacts {}

/** Everything about a loaded unit. For units that are no services a service's facts are 0, empty or undefined. */
export interface UnitStatus extends ServiceStatus {
  readonly name: string;
  readonly description: string;
  /** `loaded`, `not-found`, `bad-setting`, `error`, `masked`, … */
  readonly loadState: string;
  /** Below /sys/fs/cgroup; empty while there is none. */
  readonly controlGroup: string;
  readonly transient: boolean;
}

/** The limits of a unit's control group that are in force, by whatever hand; undefined where there is none. */
export interface UnitLimits {
  readonly memoryMaxBytes?: number | undefined;
  readonly memoryLowBytes?: number | undefined;
  readonly memorySwapMaxBytes?: number | undefined;
  readonly cpuQuotaPerSecUSec?: number | undefined;
  readonly cpuWeight?: number | undefined;
  /** `0-3,7` */
  readonly allowedCpus?: string | undefined;
  readonly allowedMemoryNodes?: string | undefined;
  readonly tasksMax?: number | undefined;
  readonly ioWeight?: number | undefined;
}

export interface ListedUnit {
  readonly name: string;
  readonly description: string;
  readonly loadState: string;
  readonly activeState: ActiveState;
  readonly subState: string;
  readonly jobId: number | undefined;
}

export interface UnitProcess {
  readonly pid: number;
  /** The control group it is in, absolute. */
  readonly controlGroup: string;
  readonly commandLine: string;
}

export type UnitChange =
  | ({ readonly kind: 'changed'; readonly unit: string } & UnitFacts)
  /** systemd has unloaded it. */
  | { readonly kind: 'removed'; readonly unit: string }
  /** Changes may have been missed (new connection, daemon-reexec, daemon-reload): list again. */
  | { readonly kind: 'resync' };

export type KillWhom = 'main' | 'control' | 'all';

/** What happens when the new job conflicts with a queued one: systemctl(1), `--job-mode=`. */
export type JobMode = 'replace' | 'fail' | 'replace-irreversibly' | 'ignore-dependencies' | 'ignore-requirements';

/** Of the service manager itself. */
export interface ManagerFacts {
  /** `257`, from `257.9-1~deb13u1`. */
  readonly version: number;
  /** `+PAM +AUDIT …` taken apart. */
  readonly features: readonly string[];
  readonly processDefaults: ProcessDefaults;
}

/** What systemd gives the processes of units that ask for nothing else. */
export interface ProcessDefaults {
  /** DefaultLimitNOFILE=, …; those that this systemd tells. */
  readonly limits: readonly ResourceLimit[];
  /** DefaultOOMScoreAdjust=. */
  readonly oomScoreAdjust: number;
}
