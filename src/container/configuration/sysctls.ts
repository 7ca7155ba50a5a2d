/** Kernel parameters that belong to a namespace, as runc and crun tell them from those of the whole host. */
import { invalid, mapOf } from './checks.ts';
import type { NamespaceType } from './namespaces.ts';

const IPC = ['msgmax', 'msgmnb', 'msgmni', 'sem', 'shmall', 'shmmax', 'shmmni', 'shm_rmid_forced'];
const NAME = /^[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+){1,15}$/;
// oxlint-disable-next-line no-control-regex -- a tab stands between the numbers of kernel.sem
const VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f]{1,4096}$/;

/** The namespace that has a kernel parameter; undefined for one of the host. The host name is the container's `hostname`. */
export function namespaceOfSysctl(name: string): NamespaceType | undefined {
  if (name.startsWith('net.')) return 'network';
  if (name.startsWith('fs.mqueue.') || IPC.some((each) => name === `kernel.${each}`)) return 'ipc';
  return name === 'kernel.domainname' ? 'uts' : undefined;
}

/**
 * @param isHosts whether a namespace is the host's
 * @throws ContainerError `InvalidParameter` for one that is not the container's to set
 */
export function sysctlsOf(
  sysctls: Readonly<Record<string, string>> | undefined,
  isHosts: (type: NamespaceType) => boolean,
): Record<string, string> {
  const entries = Object.entries(mapOf(sysctls, 'sysctls')).map(([written, value]): [string, string] => {
    const name = withDots(written);
    const type = NAME.test(name) ? namespaceOfSysctl(name) : undefined;
    if (type === undefined || isHosts(type) || !VALUE.test(value)) throw invalid(sysctlMember(written));
    return [name, value];
  });
  return Object.fromEntries(entries);
}

/**
 * sysctl(8) takes `net/ipv4/ip_forward` too; a dot there belongs to a name, as in `net/ipv4/conf/eth0.100/forwarding`, and is a slash
 * here. No runtime can set such a one: each takes that slash, too, for a folder.
 */
const withDots = (name: string): string =>
  /^[^.]*\//.test(name) ? name.replace(/[./]/g, (sign) => (sign === '/' ? '.' : '/')) : name;

/** Names it where its name can be shown. */
export const sysctlMember = (name: string): string => (/^[\w./-]{1,128}$/.test(name) ? `sysctls.${name}` : 'sysctls');

/** The types of namespaces that kernel parameters are set in. */
export const namespacesOfSysctls = (sysctls: Readonly<Record<string, string>>): [name: string, type: NamespaceType][] =>
  Object.keys(sysctls).flatMap((name): [string, NamespaceType][] => {
    const type = namespaceOfSysctl(name);
    return type === undefined ? [] : [[name, type]];
  });
