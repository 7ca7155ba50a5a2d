/** The names that systemd, the C library and the kernel have for numbers; tables, each with its source. */
import { constants } from 'node:os';
import { Unparsable } from './unparsable.ts';
import { parseInteger } from './quantities.ts';

const LOG_LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
// prettier-ignore
const LOG_FACILITIES = ['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp',
  '12', '13', '14', '15', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'];
/** <linux/sched.h>; 4 is not in use. */
const SCHEDULING_POLICIES = { other: 0, fifo: 1, rr: 2, batch: 3, idle: 5, ext: 7 };
/** <linux/ioprio.h> */
const IO_CLASSES = { none: 0, realtime: 1, 'best-effort': 2, idle: 3 };
/** <linux/mempolicy.h> */
const NUMA_POLICIES = { default: 0, preferred: 1, bind: 2, interleave: 3, local: 4 };
/** <linux/securebits.h>, as a mask */
const SECURE_BITS = {
  noroot: 1,
  'noroot-locked': 2,
  'no-setuid-fixup': 4,
  'no-setuid-fixup-locked': 8,
  'keep-caps': 16,
  'keep-caps-locked': 32,
};
/** `MS_SHARED`, `MS_SLAVE`, `MS_PRIVATE` of <sys/mount.h> */
const PROPAGATION = { shared: 1 << 20, slave: 1 << 19, private: 1 << 18 };
/** `CLONE_NEW…` of <linux/sched.h>, as RestrictNamespaces= knows them */
// prettier-ignore
const NAMESPACES = { cgroup: 0x02000000, ipc: 0x08000000, net: 0x40000000, mnt: 0x00020000, pid: 0x20000000, user: 0x10000000, uts: 0x04000000 };
/** core(5), /proc/PID/coredump_filter */
// prettier-ignore
const COREDUMP_BITS = ['private-anonymous', 'shared-anonymous', 'private-file-backed', 'shared-file-backed', 'elf-headers',
  'private-huge', 'shared-huge', 'private-dax', 'shared-dax'];
const COREDUMP_DEFAULT = 0x33n;
const COREDUMP_ALL = 2n ** 32n - 1n;
/** <linux/capability.h>, in order */
// prettier-ignore
const CAPABILITIES = ['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap',
  'linux_immutable', 'net_bind_service', 'net_broadcast', 'net_admin', 'net_raw', 'ipc_lock', 'ipc_owner', 'sys_module',
  'sys_rawio', 'sys_chroot', 'sys_ptrace', 'sys_pacct', 'sys_admin', 'sys_boot', 'sys_nice', 'sys_resource', 'sys_time',
  'sys_tty_config', 'mknod', 'lease', 'audit_write', 'audit_control', 'setfcap', 'mac_override', 'mac_admin', 'syslog',
  'wake_alarm', 'block_suspend', 'audit_read', 'perfmon', 'bpf', 'checkpoint_restore'];
/** systemd.exec(5), *Process Exit Codes*; `systemd-analyze exit-status` */
// prettier-ignore
const EXIT_STATUSES: Readonly<Record<string, number>> = {
  SUCCESS: 0, FAILURE: 1, INVALIDARGUMENT: 2, NOTIMPLEMENTED: 3, NOPERMISSION: 4, NOTINSTALLED: 5, NOTCONFIGURED: 6,
  NOTRUNNING: 7, USAGE: 64, DATAERR: 65, NOINPUT: 66, NOUSER: 67, NOHOST: 68, UNAVAILABLE: 69, SOFTWARE: 70, OSERR: 71,
  OSFILE: 72, CANTCREAT: 73, IOERR: 74, TEMPFAIL: 75, PROTOCOL: 76, NOPERM: 77, CONFIG: 78, CHDIR: 200, NICE: 201, FDS: 202,
  EXEC: 203, MEMORY: 204, LIMITS: 205, OOM_ADJUST: 206, SIGNAL_MASK: 207, STDIN: 208, STDOUT: 209, CHROOT: 210, IOPRIO: 211,
  TIMERSLACK: 212, SECUREBITS: 213, SETSCHEDULER: 214, CPUAFFINITY: 215, GROUP: 216, USER: 217, CAPABILITIES: 218, CGROUP: 219,
  SETSID: 220, CONFIRM: 221, STDERR: 222, PAM: 224, NETWORK: 225, NAMESPACE: 226, NO_NEW_PRIVILEGES: 227, SECCOMP: 228,
  SELINUX_CONTEXT: 229, PERSONALITY: 230, APPARMOR: 231, ADDRESS_FAMILIES: 232, RUNTIME_DIRECTORY: 233, CHOWN: 235,
  SMACK_PROCESS_LABEL: 236, KEYRING: 237, STATE_DIRECTORY: 238, CACHE_DIRECTORY: 239, LOGS_DIRECTORY: 240,
  CONFIGURATION_DIRECTORY: 241, NUMA_POLICY: 242, CREDENTIALS: 243, BPF: 245, EXCEPTION: 255,
};
/** `SECCOMP_ERROR_NUMBER_KILL` of systemd's src/shared/seccomp-util.h: INT_MAX - 1 */
const SECCOMP_KILL = 2 ** 31 - 2;
const SIGRTMIN = 34;
const SIGRTMAX = 64;

const fromList =
  (what: string, names: readonly string[]) =>
  (text: string): number => {
    const index = names.indexOf(text);
    return index >= 0 ? index : numbered(what, text, names.length - 1);
  };
/** `__proto__` and `constructor` are in no table. */
const lookedUp = (table: Readonly<Record<string, number>>, text: string): number | undefined =>
  Object.hasOwn(table, text) ? table[text] : undefined;
const fromTable =
  (what: string, table: Readonly<Record<string, number>>, most: number) =>
  (text: string): number =>
    lookedUp(table, text) ?? numbered(what, text, most);

export const parseLogLevel = fromList('log level', LOG_LEVELS);
export const parseLogFacility = fromList('log facility', LOG_FACILITIES);
export const parseSchedulingPolicy = fromTable('scheduling policy', SCHEDULING_POLICIES, 7);
export const parseIoClass = fromTable('I/O scheduling class', IO_CLASSES, 3);
export const parseNumaPolicy = fromTable('NUMA policy', NUMA_POLICIES, 4);
export const parsePropagation = (text: string): number =>
  text === '' ? 0 : known('mount propagation', PROPAGATION, text);
export const parseSecureBits = (words: readonly string[]): number => maskOf('secure bit', SECURE_BITS, words);
export const parseNamespaces = (words: readonly string[]): number => maskOf('namespace', NAMESPACES, words);
export const ALL_NAMESPACES = maskOf('namespace', NAMESPACES, Object.keys(NAMESPACES));

/** `TERM`, `SIGTERM`, `15`, `RTMIN+3`. */
export function parseSignal(text: string): number {
  const name = text.replace(/^SIG/, '');
  const named = Object.entries(constants.signals).find(([signal]) => signal === `SIG${name}`)?.[1];
  if (named !== undefined) return named;
  const [, base, offset = '0'] = /^(RTMIN|RTMAX)(?:[+-](\d+))?$/.exec(name) ?? [];
  const number =
    base === undefined
      ? numbered('signal', text, SIGRTMAX)
      : base === 'RTMIN'
        ? SIGRTMIN + Number(offset)
        : SIGRTMAX - Number(offset);
  if (number < 1 || number > SIGRTMAX || (base !== undefined && number < SIGRTMIN))
    throw new Unparsable(`unknown signal: ${text}`);
  return number;
}

export function isSignal(text: string): boolean {
  try {
    return parseSignal(text) > 0;
  } catch (error) {
    if (error instanceof Unparsable) return false;
    throw error;
  }
}

/** A name or 0…255; undefined if it is neither: it may be a signal then. */
export function exitStatusOf(text: string): number | undefined {
  if (Object.hasOwn(EXIT_STATUSES, text)) return EXIT_STATUSES[text];
  return /^\d+$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}

/** `CAP_NET_ADMIN` … as a mask; `~` before the list means all others. */
export function parseCapabilities(text: string, words: readonly string[]): bigint {
  const mask = words.reduce((sum, word) => {
    const index = CAPABILITIES.indexOf(word.toLowerCase().replace(/^cap_/, ''));
    const bit = index >= 0 ? BigInt(index) : BigInt(numbered('capability', word, 62));
    return sum | (1n << bit);
  }, 0n);
  return text.startsWith('~') ? BigInt.asUintN(64, ~mask) : mask;
}

/** `EPERM`, a number, or `kill`. */
export function parseSeccompErrno(text: string): number {
  if (text === 'kill') return SECCOMP_KILL;
  const named = Object.entries(constants.errno).find(([name]) => name === text)?.[1];
  return named ?? numbered('errno', text, 4095);
}

/** Names of core(5), `all`, `default`, hexadecimal. */
export function parseCoredumpFilter(words: readonly string[]): bigint {
  return words.reduce((mask, word) => {
    if (word === 'all') return mask | COREDUMP_ALL;
    if (word === 'default') return mask | COREDUMP_DEFAULT;
    const bit = COREDUMP_BITS.indexOf(word);
    if (bit >= 0) return mask | (1n << BigInt(bit));
    if (!/^(0x)?[0-9a-fA-F]{1,16}$/.test(word)) throw new Unparsable(`unknown kind of memory: ${word}`);
    return mask | BigInt(`0x${word.replace(/^0x/, '')}`);
  }, 0n);
}

export function known(what: string, table: Readonly<Record<string, number>>, text: string): number {
  const value = lookedUp(table, text);
  if (value === undefined) throw new Unparsable(`unknown ${what}: ${text}`);
  return value;
}

function maskOf(what: string, table: Readonly<Record<string, number>>, words: readonly string[]): number {
  return words.reduce((mask, word) => mask | known(what, table, word), 0);
}

function numbered(what: string, text: string, most: number): number {
  if (!/^\d+$/.test(text)) throw new Unparsable(`unknown ${what}: ${text}`);
  return Number(parseInteger(text, 0n, BigInt(most)));
}
