/**
 * Freezes control groups by themselves (`cgroup.freeze` in Documentation/admin-guide/cgroup-v2.rst), without systemd, which knows
 * only whole units as frozen. A process that is frozen so can still be killed. The adapter is `cgroup-freezer.ts`.
 */
/** A group is absolute below the cgroup root. */
export interface Freezer {
  /** Whether every process of the group stands still, and there is one; also where it is a group above that is frozen. */
  isFrozen(group: string): boolean;
  /**
   * Resolves when every process of the group stands still; where that does not come about, they go on.
   * @throws FreezeFailed | what the kernel refuses, such as ENOENT for a group that there is not
   */
  freeze(group: string, signal: AbortSignal): Promise<void>;
  /** A group that is not frozen, or not there, is no error. */
  thaw(group: string): Promise<void>;
  /** The file of a group that `0` is written to, to thaw it. */
  switchOf(group: string): string;
}
