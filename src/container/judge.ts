/**
 * What a container is, given what everyone says of it. Pure: facts in, status out. systemd wins over the record of the
 * last end, and that wins over what was believed.
 */
import type { UnitStatus } from '../systemd/unit-status.ts';
import type { EndRecord } from './folder.ts';
import { isAlive } from './state.ts';
import { codeOfSignal, systemdSignalNumber, unknownExit, type Exit, type Status } from './status.ts';

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
  if (unit.mainPid === 0 || unit.activeState === 'inactive' || unit.activeState === 'failed') {
    return unit.activeState === 'deactivating' && 'pid' in before ? { ...before, state: 'stopping' } : undefined;
  }
  const known = 'pid' in before && before.invocationId === unit.invocationId ? before : undefined;
  const life = {
    pid: unit.mainPid,
    invocationId: unit.invocationId,
    startedAt: known?.startedAt ?? (held ? undefined : (unit.activeEnteredAt ?? unit.mainStartedAt ?? now)),
  };
  if (unit.activeState === 'deactivating') return { state: 'stopping', ...life };
  if (unit.freezerState === 'frozen' || unit.freezerState === 'frozen-by-parent') return { state: 'paused', ...life };
  return { state: held ? 'created' : 'running', ...life };
}

function sameLife(before: Status, now: Status): boolean {
  return (
    'pid' in before &&
    'pid' in now &&
    before.state === now.state &&
    before.pid === now.pid &&
    before.invocationId === now.invocationId &&
    before.startedAt?.getTime() === now.startedAt?.getTime()
  );
}

/** The container has no process: what is left is to say how it ended, if it ever ran. */
function endedStatus({ before, unit, end, now }: Evidence): Status {
  const startedAt = 'startedAt' in before ? before.startedAt : undefined;
  if (end?.exit !== undefined) {
    const told = 'exit' in before && before.invocationId === end.invocationId;
    return told ? before : { state: 'exited', exit: end.exit, startedAt, invocationId: end.invocationId };
  }
  if (!isAlive(before.state)) return before;
  const invocationId = 'invocationId' in before ? before.invocationId : undefined;
  const exit = (unit === undefined ? undefined : exitOfUnit(unit)) ?? unknownExit(now);
  return { state: 'exited', exit, startedAt, invocationId };
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
