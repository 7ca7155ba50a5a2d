/**
 * What a container is, given what everyone says of it. Pure: facts in, status out. systemd wins over the record of the
 * last end, and that wins over what was believed.
 */
import type { UnitStatus } from '../systemd/unit-status.ts';
import type { EndRecord } from './folder.ts';
import { isAlive } from './state.ts';
import {
  codeOfSignal,
  hasLife,
  systemdSignalNumber,
  unknownExit,
  type Exit,
  type Life,
  type Status,
} from './status.ts';

export interface Evidence {
  /** What was believed until now. */
  readonly before: Status;
  /** What systemd says; undefined where it has no such unit. */
  readonly unit: UnitStatus | undefined;
  /** What the unit wrote down when it last ended. */
  readonly end: EndRecord | undefined;
  /** Whether the process is kept from starting: between Init and Start. */
  readonly held: boolean;
  readonly now: Date;
}

/** The status that follows from the evidence; the very same object where nothing has changed. */
export function judge(evidence: Evidence): Status {
  const { before, unit } = evidence;
  if (before.state === 'removing') return before;
  const alive = unit === undefined ? undefined : aliveStatus(unit, evidence);
  if (alive !== undefined) return sameLife(before, alive) ? before : alive;
  return endedStatus(evidence);
}

/** undefined where the unit has no main process: it is down, on its way up, or waits for its next restart. */
function aliveStatus(unit: UnitStatus, { before, held, now }: Evidence): Status | undefined {
  const { invocationId } = unit;
  if (unit.activeState === 'inactive' || unit.activeState === 'failed') return undefined;
  const known = hasLife(before) && before.invocationId === invocationId ? before : undefined;
  if (unit.mainPid === 0) {
    if (unit.activeState !== 'deactivating') return undefined;
    if (known !== undefined) return { ...known, state: 'stopping' };
    return hasRunUnseen(unit, before) ? { state: 'stopping', invocationId, startedAt: unit.mainStartedAt } : undefined;
  }
  const life = { pid: unit.mainPid, invocationId, startedAt: startOf(unit, known, held, now) };
  if (unit.activeState === 'deactivating') return { state: 'stopping', ...life };
  if (unit.freezerState === 'frozen' || unit.freezerState === 'frozen-by-parent') return { state: 'paused', ...life };
  return { state: held ? 'created' : 'running', ...life };
}

/** `activeEnteredAt` is no help: with Init it is long past, and while systemd restarts it is that of the run before. */
function startOf(unit: UnitStatus, known: Life | undefined, held: boolean, now: Date): Date | undefined {
  if (held) return undefined;
  if (known === undefined) return unit.mainStartedAt ?? unit.activeEnteredAt ?? now;
  // It was created when it was last seen.
  return known.startedAt ?? now;
}

/** Whether the main process of a unit that is going down came and went since the container was last looked at. */
function hasRunUnseen({ exit, mainStartedAt }: UnitStatus, before: Status): boolean {
  if (exit === undefined || mainStartedAt === undefined) return false;
  return !('exit' in before) || before.exit.at < mainStartedAt;
}

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
    if ('exit' in before && before.invocationId === invocationId) return inState(before, state);
    const startedAt = hasLife(before) && before.invocationId === invocationId ? before.startedAt : undefined;
    return { state, exit, startedAt, invocationId };
  }
  if ('exit' in before) return inState(before, state);
  if (!isAlive(before.state)) return before;
  const { invocationId, startedAt } = hasLife(before) ? before : { invocationId: undefined, startedAt: undefined };
  const exit = (unit === undefined ? undefined : exitOfUnit(unit)) ?? unknownExit(now);
  return { state, exit, startedAt, invocationId };
}

const inState = (before: Extract<Status, { exit: Exit }>, state: 'stopped' | 'exited'): Status =>
  before.state === state ? before : { ...before, state };

/** The record, unless it is of an earlier run than the one that is known already: the last one may have left none. */
function recordedEnd({ before, end }: Evidence): { exit: Exit; invocationId: string } | undefined {
  if (end?.exit === undefined) return undefined;
  const { exit, invocationId } = end;
  const isOfKnown = 'invocationId' in before && before.invocationId === invocationId;
  const known = 'exit' in before ? before.exit.at : hasLife(before) ? before.startedAt : undefined;
  return isOfKnown || known === undefined || exit.at >= known ? { exit, invocationId } : undefined;
}

/** What systemd still knows of the end, for the case that the unit could not write it down. */
export function exitOfUnit({ exit, result, mainExitedAt }: UnitStatus): Exit | undefined {
  if (exit === undefined || mainExitedAt === undefined) return undefined;
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
