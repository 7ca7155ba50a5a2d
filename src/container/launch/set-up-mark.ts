/**
 * What stands in `/run/berth/pids/ID.setup`: who sets a run of a unit up, and whether that is done. `units/unit-start` and
 * `units/unit-stopped` read and write the same words.
 */
export const SET_UP_MARK = {
  /** berthd does, or a program of its own, for as long as the file is locked. */
  byBerthd: 'berthd',
  /** The unit's own program does: the main process is no container's. */
  byUnit: 'setup',
  /** It is done, for this run. */
  done: (invocationId: string): string => `done ${invocationId}`,
} as const;
