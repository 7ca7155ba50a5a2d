/** Capabilities, by the names of capabilities(7). */

/** In the order of their numbers (linux/capability.h). */
// prettier-ignore
export const CAPABILITIES = [
  'CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP',
  'LINUX_IMMUTABLE', 'NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE',
  'SYS_RAWIO', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME',
  'SYS_TTY_CONFIG', 'MKNOD', 'LEASE', 'AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG',
  'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ', 'PERFMON', 'BPF', 'CHECKPOINT_RESTORE',
].map((name) => `CAP_${name}`);

/** What a container has when nobody says otherwise: podman's eleven. */
// prettier-ignore
export const DEFAULT_CAPABILITIES = [
  'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID',
  'SYS_CHROOT',
].map((name) => `CAP_${name}`);

/** `net_admin`, `CAP_NET_ADMIN` → `CAP_NET_ADMIN`; undefined for what is none. */
export function parseCapability(text: string): string | undefined {
  const upper = text.toUpperCase();
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  return CAPABILITIES.includes(name) ? name : undefined;
}

/** What is asked for. Names are canonical, or `ALL`. */
export interface CapabilityRequest {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  /** What the changes are made to: `ALL` of them, or the default ones. */
  readonly from?: 'default' | 'ALL';
}

export interface Capabilities {
  /** What its processes can have at most, and what those of root have. */
  readonly bounding: readonly string[];
  /**
   * What the process has as a user who is not root, too: what was asked for by name, or all of it where `ALL` was. The ambient set
   * is the only way for such a user to have any.
   */
  readonly ambient: readonly string[];
}

/**
 * `ALL` among those added means every one that this host can give, `ALL` among those dropped means none but those that are added
 * by name. Of what is both added and dropped, dropping wins. One that is asked for by name and cannot be had is kept: that is
 * for the runtime to refuse.
 * @param grantable what this host can give
 */
export function capabilitiesFor(
  { add, drop, from = 'default' }: CapabilityRequest,
  grantable: readonly string[] = CAPABILITIES,
): Capabilities {
  const all = grantable.filter((name) => !drop.includes('ALL') && !drop.includes(name));
  const base = from === 'ALL' || add.includes('ALL') ? all : DEFAULT_CAPABILITIES.filter((name) => all.includes(name));
  const named = add.filter((name) => name !== 'ALL' && !drop.includes(name));
  const ambient = add.includes('ALL') ? [...base, ...named] : named;
  return { bounding: [...new Set([...base, ...named])], ambient: [...new Set(ambient)] };
}

/** By which changes to the default ones a list comes about. */
export const capabilityChanges = (list: readonly string[]): Required<Pick<CapabilityRequest, 'add' | 'drop'>> => ({
  add: list.filter((name) => !DEFAULT_CAPABILITIES.includes(name)),
  drop: DEFAULT_CAPABILITIES.filter((name) => !list.includes(name)),
});

/**
 * Those that a process can give to another one, out of its `/proc/PID/status`. A container cannot have more than PID 1,
 * which starts it; a runtime that is asked for one of the others fails.
 */
export function grantableCapabilities(status: string): string[] {
  const mask = /^CapBnd:\t(?<mask>[0-9a-f]{1,16})$/m.exec(status)?.groups?.['mask'];
  const bits = BigInt(`0x${mask ?? '0'}`);
  return CAPABILITIES.filter((_, number) => ((bits >> BigInt(number)) & 1n) === 1n);
}
