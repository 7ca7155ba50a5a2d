import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingControllers } from '../../../../src/systemd/process/controllers.ts';

const KERNEL = `#subsys_name\thierarchy\tnum_cgroups\tenabled
cpuset\t3\t1\t1
cpu\t0\t1\t1
blkio\t7\t1\t1
memory\t0\t42\t0
`;

/** @param available undefined where there are no control groups of version 2 */
async function missing(available: string | undefined, disabled: Readonly<Record<string, string[]>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'controllers-'));
  const files = { available: join(folder, 'cgroup.controllers'), kernel: join(folder, 'cgroups') };
  if (available !== undefined) writeFileSync(files.available, available);
  writeFileSync(files.kernel, KERNEL);
  const units = { disabledControllers: async (slice: string) => await Promise.resolve(disabled[slice] ?? []) };
  return Object.fromEntries(await missingControllers(units, files)('berth.slice'));
}

describe('the controllers that a slice cannot have', () => {
  it('are none where all are there', async () => {
    expect(await missing('cpuset cpu io memory hugetlb pids rdma misc\n')).toEqual({});
  });

  it('are told with the reason, as far as the kernel says it', async () => {
    expect(await missing('cpu\n')).toEqual({
      cpuset: 'a hierarchy of control groups of version 1 has it',
      io: 'a hierarchy of control groups of version 1 has it',
      memory: "the kernel's command line turns it off (cgroup_disable=)",
      pids: 'the kernel does not have it, or this machine is a container that was not given it',
    });
  });

  it('are all of them without control groups of version 2', async () => {
    const reason = 'control groups of version 2 are not mounted at /sys/fs/cgroup';
    expect(Object.values(await missing(undefined))).toEqual(Array.from({ length: 5 }, () => reason));
  });

  it('are those that a slice above disables', async () => {
    const disabled = { '-.slice': ['cpu'], 'berth.slice': ['io', 'hugetlb'] };
    expect(await missing('cpuset cpu io memory pids\n', disabled)).toEqual({
      cpu: 'DisableControllers= of -.slice takes it away',
      io: 'DisableControllers= of berth.slice takes it away',
    });
  });
});
