/**
 * sd_notify(3): how a service tells the service manager of itself, and leaves descriptors with it. libsystemd does it,
 * as Node cannot send descriptors over a datagram socket. Where there is no NOTIFY_SOCKET nothing is sent: a berthd
 * started by hand works all the same.
 */
import { notifyWithFds } from './libc.ts';

/**
 * @param state assignments, one a line: `READY=1\nSTATUS=…`
 * @throws Error when there is a socket, and it cannot be written to
 */
export function notify(state: string, fds: readonly number[] = []): 'sent' | 'no-socket' {
  return notifyWithFds(state, fds);
}

/** @param text what `systemctl status` shows; made one line */
export function notifyStatus(text: string): void {
  notify(`STATUS=${text.replaceAll(/\s+/g, ' ')}`);
}

/** Before the configuration is read again; `READY=1` ends it. Type=notify-reload needs the moment. */
export function notifyReloading(): void {
  notify(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
}

/**
 * Leaves duplicates of descriptors in systemd's fd store (FileDescriptorStoreMax=); the next process of the service
 * finds them with `listenFds`. What is there already systemd drops, and what hangs up too, unless `poll` is `off`.
 * @param name up to 255 ASCII letters, without `:` and control characters; several descriptors may share it
 */
export function storeFds(name: string, fds: readonly number[], { poll = 'on' }: { poll?: 'on' | 'off' } = {}): void {
  notify(`FDSTORE=1\nFDNAME=${fdName(name)}${poll === 'off' ? '\nFDPOLL=0' : ''}`, fds);
}

/** Takes every descriptor of this name out of the store. */
export function dropFds(name: string): void {
  notify(`FDSTOREREMOVE=1\nFDNAME=${fdName(name)}`);
}

/**
 * How often at least systemd wants to hear `WATCHDOG=1`; undefined if it does not. Half of it is a good rhythm.
 * @param environment with WATCHDOG_USEC and WATCHDOG_PID
 */
export function watchdogMs(environment: Readonly<Record<string, string | undefined>>): number | undefined {
  const { WATCHDOG_USEC: usec = '', WATCHDOG_PID: pid = String(process.pid) } = environment;
  return /^[1-9]\d*$/.test(usec) && Number(pid) === process.pid ? Number(usec) / 1000 : undefined;
}

/** As `fdname_is_valid()` of systemd has it. */
function fdName(name: string): string {
  if (name.length > 255 || !/^[ -9;-~]*$/.test(name)) throw new Error(`no name for a descriptor: ${name}`);
  return name;
}
