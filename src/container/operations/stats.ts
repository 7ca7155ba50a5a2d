import type { CgroupUsage } from '../../systemd/process/cgroup.ts';
import type { Ports } from '../ports.ts';
import { unitGroup } from '../unit-names.ts';
import { demandLife, ended } from './demand-life.ts';

/** What a container uses. @throws ContainerError `WrongState` for one without a process */
export async function stats(ports: Ports, reference: string): Promise<CgroupUsage> {
  const container = ports.index.find(reference);
  demandLife(container, 'stats');
  const usage = await ports.cgroups.usage(unitGroup(container.unit));
  if (usage !== undefined) return usage;
  throw ended(container, 'stats');
}
