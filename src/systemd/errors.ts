/** What systemd, or the way to it, did not do. */
import type { UnitFacts } from './units/unit-status.ts';

/** The job ended, but not in `done`. */
export class UnitJobFailed extends Error {
  override readonly name = 'UnitJobFailed';
  readonly unit: string;
  /** `failed`, `timeout`, `canceled`, `dependency`, `skipped`, …: JobRemoved in org.freedesktop.systemd1(5). */
  readonly result: string;
  /** The unit when the job ended, as far as systemd told; it may be unloaded by now. */
  readonly last: UnitJobFacts | undefined;
  constructor(unit: string, result: string, last?: UnitJobFacts) {
    super(
      `the job for ${unit} ended: ${result}${last === undefined ? '' : ` (${last.service?.result ?? last.subState})`}`,
    );
    this.unit = unit;
    this.result = result;
    this.last = last;
  }
}
export type UnitJobFacts = Pick<UnitFacts, 'activeState' | 'subState' | 'service'>;

/** A unit of this name is still loaded (a failed one stays so until `resetFailed`) or has a unit file. */
export class UnitExists extends Error {
  override readonly name = 'UnitExists';
  readonly unit: string;
  constructor(unit: string, options?: ErrorOptions) {
    super(`unit ${unit} is loaded already`, options);
    this.unit = unit;
  }
}

/** systemd knows no unit of this name. */
export class UnitNotLoaded extends Error {
  override readonly name = 'UnitNotLoaded';
  readonly unit: string;
  constructor(unit: string, options?: ErrorOptions) {
    super(`unit ${unit} is not loaded`, options);
    this.unit = unit;
  }
}

/** The unit has no process that the signal could have gone to. */
export class NoSuchProcess extends Error {
  override readonly name = 'NoSuchProcess';
  readonly unit: string;
  constructor(unit: string, options?: ErrorOptions) {
    super(`unit ${unit} has no such process`, options);
    this.unit = unit;
  }
}

/** systemd refused the call; the message is systemd's. */
export class UnitRefused extends Error {
  override readonly name = 'UnitRefused';
  readonly unit: string;
  /** `org.freedesktop.DBus.Error.InvalidArgs`, … */
  readonly dbusError: string;
  constructor(unit: string, dbusError: string, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.unit = unit;
    this.dbusError = dbusError;
  }
}

/** The bus or PID 1 went away before it answered; whether the call took effect is not known. */
export class BusDisconnected extends Error {
  override readonly name = 'BusDisconnected';
}

/** No connection that can do what berth needs: no bus, no PID 1 on it, or no passing of descriptors. */
export class BusUnavailable extends Error {
  override readonly name = 'BusUnavailable';
}

/** A process of a control group did not come to a standstill: it waits in the kernel for something that cannot be interrupted. */
export class FreezeFailed extends Error {
  override readonly name = 'FreezeFailed';
}
