/** Which controllers of cgroups(7) the units of a slice cannot have, and why not. */
import { CONTROLLERS, type Controller } from '../../unit-file/assignment/controllers.ts';
import type { UnitManager } from '../units/unit-manager.ts';
import { readBeginning } from './kernel-file.ts';

/** Why each cannot be used, for people; those that are not in it can be. */
export type MissingControllers = ReadonlyMap<Controller, string>;

export interface ControllerFiles {
  /** Of the group that is systemd's own. */
  readonly available: string;
  /** /proc/cgroups */
  readonly kernel: string;
}

const FILES: ControllerFiles = { available: '/sys/fs/cgroup/cgroup.controllers', kernel: '/proc/cgroups' };
const MAX_BYTES = 64 * 1024;
/** All slices are below it. */
const ROOT_SLICE = '-.slice';

/** For slices that are below none but the root. */
export const missingControllers =
  (units: Pick<UnitManager, 'disabledControllers'>, files: ControllerFiles = FILES) =>
  async (slice: string, signal?: AbortSignal): Promise<MissingControllers> => {
    const [available, kernel, ...disabled] = await Promise.all([
      readBeginning(files.available, MAX_BYTES),
      readBeginning(files.kernel, MAX_BYTES),
      ...[ROOT_SLICE, slice].map(async (name) => ({
        name,
        controllers: await units.disabledControllers(name, signal),
      })),
    ]);
    return new Map(
      CONTROLLERS.flatMap((controller): [Controller, string][] => {
        const by = disabled.find(({ controllers }) => controllers.includes(controller));
        if (by !== undefined) return [[controller, `DisableControllers= of ${by.name} takes it away`]];
        const reason = absence(controller, available, kernel ?? '');
        return reason === undefined ? [] : [[controller, reason]];
      }),
    );
  };

/** @returns undefined where it is there */
function absence(controller: Controller, available: string | undefined, kernel: string): string | undefined {
  if (available === undefined) return 'control groups of version 2 are not mounted at /sys/fs/cgroup';
  if (available.split(/\s+/).includes(controller)) return undefined;
  const name = controller === 'io' ? 'blkio' : controller;
  const [, hierarchy = '0', , enabled] =
    kernel
      .split('\n')
      .map((line) => line.split('\t'))
      .find(([each]) => each === name) ?? [];
  if (enabled === '0') return "the kernel's command line turns it off (cgroup_disable=)";
  if (hierarchy !== '0') return 'a hierarchy of control groups of version 1 has it';
  return 'the kernel does not have it, or this machine is a container that was not given it';
}
