import { UsageError } from './args.ts';

const RULE = /^(?<type>[abc]) +(?<major>\*|\d{1,4}):(?<minor>\*|\d{1,7}) +(?<access>[rwm]{1,3})$/u;

/**
 * Docker's and podman's `TYPE MAJOR:MINOR ACCESS`, as the properties of the unit that say so: systemd knows one device by its numbers,
 * all of a major number, and all of a type.
 * @throws UsageError
 */
export function parseDeviceRule(text: string): string[] {
  const { type, major = '', minor = '', access = '' } = RULE.exec(text)?.groups ?? {};
  if (type === undefined || (major === '*' && minor !== '*')) {
    throw new UsageError(`--device-cgroup-rule takes TYPE MAJOR:MINOR ACCESS, such as 'c 10:* rw', not '${text}'`);
  }
  const kinds = type === 'a' ? ['char', 'block'] : [type === 'b' ? 'block' : 'char'];
  const deviceOf = (kind: string): string => (minor === '*' ? `${kind}-${major}` : `/dev/${kind}/${major}:${minor}`);
  return kinds.map((kind) => `DeviceAllow=${deviceOf(kind)} ${access}`);
}
