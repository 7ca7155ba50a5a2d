import type { ManagerLink } from './manager-link.ts';
import { decodeManagerFacts, PropertyReader } from '../units/unit-decoding.ts';
import type { ManagerFacts } from '../units/unit-status.ts';

const PROPERTIES = 'org.freedesktop.DBus.Properties';

/** What PID 1 says of itself. @throws as `ManagerLink.call` */
export async function managerFacts(link: ManagerLink, signal?: AbortSignal): Promise<ManagerFacts> {
  const target = { path: '/org/freedesktop/systemd1', interface: PROPERTIES };
  const body = ['org.freedesktop.systemd1.Manager'];
  const [all] = await link.call({ target, member: 'GetAll', signature: 's', body, ifUnanswered: 'repeat' }, signal);
  return decodeManagerFacts(new PropertyReader(all));
}
