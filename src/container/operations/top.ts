import type { GroupProcesses } from '../../systemd/process/group-processes.ts';
import type { Ports } from '../ports.ts';
import { unitGroup } from '../unit-names.ts';
import { demandLife } from './demand-life.ts';

/** The processes of a container. @throws ContainerError `WrongState` for one without a process */
export async function top(ports: Ports, reference: string): Promise<GroupProcesses> {
  const container = ports.index.find(reference);
  demandLife(container, 'top');
  return await ports.cgroups.processes(unitGroup(container.unit));
}
