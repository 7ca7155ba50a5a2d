/**
 * What a container is, given what everyone says of it. Pure: facts in, status out. systemd wins over the record of the
 * last end, and that wins over what was believed.
 */
import type { ActiveState, ServiceStatus } from '../../systemd/units/unit-status.ts';
import type { EndRecord } from '../records/folder.ts';
import { isAlive } from '../state.ts';
import {
  codeOfSignal,
  START_LIMIT_HIT,
  hasLife,
  systemdSignalNumber,
  unknownExit,
  type Exit,
  type Life,
  type Status,
} from '../status.ts';

export interface Evidence {
  /** What was believed until now. */
  readonly before: Status;
  /** What systemd says; undefined where it has no such unit. */
  readonly unit: ServiceStatus | undefined;
  /** What the unit wrote down when it last ended. */
  readonly end: EndRecord | undefined;
  /** Whether the process is kept from starting: between Init and Start. */
  readonly held: boolean;
  /** Whether the kernel keeps all of its processes from running. */
  readonly frozen: boolean;
  /** How long systemd waits before it brings the container back. */
  readonly restartDelayMs: number | undefined;
  /** How often systemd may bring the container back; undefined where there is no limit. */
  readonly restartLimit: number | undefined;
  readonly now: Date;
}

/** The status that follows from the evidence; the very same object where nothing has changed. */
export function judge(evidence: Evidence): Status {
  const { before, unit } = evidence;
  if (before.state === 'removing') return before;
  const told = unit === undefined ? undefined : byUnit(unit, evidence);
  if (told !== undefined) return sameLife(before, told) ? before : told;
  return endedStatus(evidence);
}

/** While it starts, the main process of a unit is the program that sets the container up. */
const PROCESSLESS: readonly ActiveState[] = ['inactive', 'failed', 'activating'];

/** Whether it matters how the unit last ended: `end` is not looked at where it surely has a process of the container's. */
export const mayHaveEnded = (unit: ServiceStatus | undefined): boolean =>
  unit === undefined ||
  unit.mainPid === 0 ||
  unit.activeState === 'deactivating' ||
  PROCESSLESS.includes(unit.activeState);

/** Whether it matters that a process is held: `held` is not looked at where there is none. */
export const mayBeHeld = (unit: ServiceStatus | undefined): boolean => unit !== undefined && unit.mainPid !== 0;

/** Whether it matters that processes are frozen: `frozen` is not looked at elsewhere. */
export const mayBePaused = (unit: ServiceStatus | undefined): boolean =>
  mayBeHeld(unit) && unit?.activeState !== 'deactivating';

/** Whether systemd waits to bring it back: `restartDelayMs` is not looked at elsewhere. */
export const waitsForRestart = (unit: ServiceStatus | undefined): boolean =>
  unit?.activeState === 'activating' && unit.subState === 'auto-restart';

/** undefined where the unit has, and had, no main process of the container's: it is down, on its way up, or waits for its next restart. */
function byUnit(unit: ServiceStatus, { before, held, frozen, now }: Evidence): Status | undefined {
  const { invocationId } = unit;
  if (PROCESSLESS.includes(unit.activeState)) return undefined;
  const known = hasLife(before) && before.invocationId === invocationId ? before : undefined;
  if (unit.mainPid === 0) {
    if (unit.activeState !== 'deactivating') return undefined;
    return known !== undefined || hasRunUnseen(unit, before) ? justEnded(unit, known) : undefined;
  }
  // It is asked to stop while it is set up: that program is still its main process.
  if (unit.activeState === 'deactivating' && known === undefined && !wasSetUp(unit)) return undefined;
  const life = { pid: unit.mainPid, invocationId, startedAt: startOf(unit, known, held, now) };
  if (unit.activeState === 'deactivating') return { state: 'stopping', ...life };
  if (frozen) return { state: 'paused', ...life };
  return { state: held ? 'created' : 'running', ...life };
}

/** Its process is gone, its unit is not down yet. Whether the kernel killed it for want of memory, only the record of the end says. */
function justEnded(unit: ServiceStatus, known: Life | undefined): Status {
  const { invocationId } = unit;
  const startedAt = known === undefined ? unit.mainStartedAt : known.startedAt;
  const exit = exitOfUnit(unit);
  if (exit === undefined || exit.signal === 'SIGKILL') return { state: 'stopping', invocationId, startedAt };
  return { state: 'stopped', exit, startedAt, invocationId };
}

/** `activeEnteredAt` is no help: with Init it is long past, and while systemd restarts it is that of the run before. */
function startOf(unit: ServiceStatus, known: Life | undefined, held: boolean, now: Date): Date | undefined {
  if (held) return undefined;
  if (known === undefined) return unit.mainStartedAt ?? unit.activeEnteredAt ?? now;
  // It was created when it was last seen.
  return known.startedAt ?? now;
}

/** Whether the main process of a unit that is going down came and went since the container was last looked at. */
function hasRunUnseen(unit: ServiceStatus, before: Status): boolean {
  const { exit, mainStartedAt } = unit;
  if (exit === undefined || mainStartedAt === undefined || !wasSetUp(unit)) return false;
  return !('exit' in before) || before.exit.at < mainStartedAt;
}

/** Whether the last main process was the container's: systemd is told of that and that the unit is active in one. */
const wasSetUp = ({ activeEnteredAt, mainStartedAt }: ServiceStatus): boolean =>
  activeEnteredAt !== undefined && mainStartedAt !== undefined && activeEnteredAt >= mainStartedAt;

function sameLife(before: Status, now: Status): boolean {
  return (
    hasLife(before) &&
    hasLife(now) &&
    before.state === now.state &&
    before.pid === now.pid &&
    before.invocationId === now.invocationId &&
    before.startedAt?.getTime() === now.startedAt?.getTime()
  );
}

/** The container has no process: what is left is to say how it ended, if it ever ran. */
function endedStatus(evidence: Evidence): Status {
  const { before, unit, now } = evidence;
  // Not down: systemd cleans up after it, or is about to bring it back.
  const state = unit?.activeState === 'activating' || unit?.activeState === 'deactivating' ? 'stopped' : 'exited';
  const end = recordedEnd(evidence);
  if (end !== undefined) {
    const { exit, invocationId } = end;
    if ('exit' in before && before.invocationId === invocationId) return asNow(before, { ...before, state }, evidence);
    const startedAt = hasLife(before) && before.invocationId === invocationId ? before.startedAt : undefined;
    return asNow(before, { state, exit, startedAt, invocationId }, evidence);
  }
  if ('exit' in before) return asNow(before, { ...before, state }, evidence);
  if (!isAlive(before.state)) return before;
  const { invocationId, startedAt } = hasLife(before) ? before : { invocationId: undefined, startedAt: undefined };
  const exit = (unit === undefined ? undefined : exitOfUnit(unit)) ?? unknownExit(now);
  return asNow(before, { state, exit, startedAt, invocationId }, evidence);
}

type Ended = Extract<Status, { exit: Exit }>;

/** With what becomes of it: systemd brings it back, does not any more, or was not to. */
function asNow(before: Status, ended: Ended, { unit, restartDelayMs, restartLimit = Infinity }: Evidence): Status {
  // The one that it was kept from is counted, too.
  const hasGivenUp = unit?.activeState === 'failed' && unit.restarts > restartLimit;
  const exit =
    hasGivenUp && ended.exit.result !== START_LIMIT_HIT ? { ...ended.exit, result: START_LIMIT_HIT } : ended.exit;
  const restartsAt =
    unit === undefined || restartDelayMs === undefined || !Number.isFinite(restartDelayMs)
      ? undefined
      : new Date(Math.max(exit.at.getTime(), unit.inactiveEnteredAt?.getTime() ?? 0) + restartDelayMs);
  const now: Ended = { ...ended, exit, restartsAt };
  return 'exit' in before && isSameEnd(before, now) ? before : now;
}

const isSameEnd = (before: Ended, now: Ended): boolean =>
  before.state === now.state &&
  before.exit === now.exit &&
  before.invocationId === now.invocationId &&
  before.restartsAt?.getTime() === now.restartsAt?.getTime();

/**
 * The record, unless it is of an earlier run than the one that is known already: the last one may have left none. What is known
 * from the future was seen before the clock was set back, and says nothing about which was earlier.
 */
function recordedEnd({ before, end, now }: Evidence): { exit: Exit; invocationId: string } | undefined {
  if (end?.exit === undefined) return undefined;
  const { exit, invocationId } = end;
  const isOfKnown = 'invocationId' in before && before.invocationId === invocationId;
  const known = 'exit' in before ? before.exit.at : hasLife(before) ? before.startedAt : undefined;
  return isOfKnown || known === undefined || exit.at >= known || known > now ? { exit, invocationId } : undefined;
}

/** What systemd still knows of the end, for the case that the unit could not write it down. */
export function exitOfUnit(unit: ServiceStatus): Exit | undefined {
  const { exit, result, mainExitedAt } = unit;
  if (exit === undefined || mainExitedAt === undefined || !wasSetUp(unit)) return undefined;
  if ('code' in exit) return { code: exit.code, signal: undefined, oomKilled: false, result, at: mainExitedAt };
  const number = systemdSignalNumber(exit.signal.replace(/^SIG/, ''));
  return {
    code: number === undefined ? undefined : codeOfSignal(number),
    signal: exit.signal,
    oomKilled: result === 'oom-kill',
    result,
    at: mainExitedAt,
  };
}
