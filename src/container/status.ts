/** What a container is at a moment: one shape for each state, so that what makes no sense cannot be written. */
import { parseSignal } from '../lib/signals.ts';

/** How a container's first process ended. */
export interface Exit {
  /** Its own, or 128 and the signal's number; undefined where nobody knows. */
  readonly code?: number | undefined;
  /** `SIGKILL` */
  readonly signal?: string | undefined;
  readonly oomKilled: boolean;
  /** systemd's word for it: $SERVICE_RESULT of systemd.exec(5). */
  readonly result?: string | undefined;
  readonly at: Date;
}

/** The part that every live state shares. */
export interface Life {
  /** undefined where only the unit's own clean-up is left. */
  readonly pid?: number | undefined;
  /** systemd's, of this run of the unit. */
  readonly invocationId: string;
  /** undefined while it is only created. */
  readonly startedAt?: Date | undefined;
}

/** None of the volumes of a container that is removed goes with it, or those that were made for it and nobody else uses. */
export type RemovedVolumes = 'none' | 'anonymous';

export type Status =
  | { readonly state: 'configured' }
  | {
      readonly state: 'removing';
      /** What of its volumes goes with it. */
      readonly volumes?: RemovedVolumes | undefined;
    }
  | ({ readonly state: 'created' | 'running' | 'paused' | 'stopping' } & Life)
  | {
      readonly state: 'stopped' | 'exited';
      readonly exit: Exit;
      /** When systemd brings it back, while it waits for that. */
      readonly restartsAt?: Date | undefined;
      readonly startedAt?: Date | undefined;
      readonly invocationId?: string | undefined;
    }
  | { readonly state: 'unknown'; readonly reason: string };

const LIVE_STATES: readonly string[] = ['created', 'running', 'paused', 'stopping'];
export const hasLife = (status: Status): status is Extract<Status, Life> => LIVE_STATES.includes(status.state);

/** What the shell would say of a process that a signal ended: 128 and its number. */
export const codeOfSignal = (signal: number): number => 128 + signal;

/** The result where systemd does not start it again because it has done so as often as it may. Its own is that of the last end. */
export const START_LIMIT_HIT = 'start-limit-hit';

/** An ending about which nothing was recorded. */
export const unknownExit = (at: Date): Exit => ({
  code: undefined,
  signal: undefined,
  oomKilled: false,
  result: undefined,
  at,
});

/** The number of a signal by the name systemd writes, `TERM`, `RTMIN+1`, or `32` for one without. */
export const systemdSignalNumber = (name: string): number | undefined => parseSignal(name);
