import type { Traffic } from '../../netavark/traffic.ts';
import type { CgroupUsage } from '../../systemd/process/cgroup.ts';
import type { Container } from '../container.ts';
import type { Ports } from '../ports.ts';
import { unitGroup } from '../unit-names.ts';
import { demandLife, ended } from './demand-life.ts';

/** What a container uses. @throws ContainerError `WrongState` for one without a process */
export async function stats(ports: Ports, reference: string): Promise<CgroupUsage & Partial<Traffic>> {
  const container = ports.index.find(reference);
  demandLife(container, 'stats');
  const [usage, traffic] = await Promise.all([
    ports.cgroups.usage(unitGroup(container.unit)),
    trafficOf(ports, container),
  ]);
  if (usage !== undefined) return { ...usage, ...traffic };
  throw ended(container, 'stats');
}

/** Of a namespace that it shares with others it is not its own. */
async function trafficOf(
  { network }: Pick<Ports, 'network'>,
  { config, status }: Container,
): Promise<Traffic | undefined> {
  const pid = 'pid' in status ? status.pid : undefined;
  return config.network === 'networks' && pid !== undefined ? await network.traffic(pid) : undefined;
}
