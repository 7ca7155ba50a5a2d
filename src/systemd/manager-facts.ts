import type { ManagerLink } from './manager-link.ts';
import { decodeManagerFacts, PropertyReader } from './unit-decoding.ts';
import type { ManagerFacts } from './unit-status.ts';

const PROPERTIES = 'org.freedesktop.DBus.Properties';

/** What process 1 says of itself. @throws as `ManagerLink.call` */
export async function managerFacts(link: ManagerLink, signal?: AbortSignal): Promise<ManagerFacts> {
  const target = { path: '/org/freedesktop/systemd1', interface: PROPERTIES };
  const values = await Promise.all(
    ['Version', 'Features', 'DefaultTimeoutStartUSec', 'DefaultTimeoutStopUSec'].map(async (name) => {
      const body = ['org.freedesktop.systemd1.Manager', name];
      const [value] = await link.call({ target, member: 'Get', signature: 'ss', body, ifUnanswered: 'repeat' }, signal);
      return [name, value] as const;
    }),
  );
  return decodeManagerFacts(new PropertyReader(Object.fromEntries(values)));
}
