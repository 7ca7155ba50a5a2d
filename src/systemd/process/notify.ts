/**
 * sd_notify(3): how a service tells the service manager of itself, and leaves descriptors with it. libsystemd is called
 * through koffi, as Node cannot send descriptors over a datagram socket. Nothing is sent, and koffi is not even loaded,
 * where there is no NOTIFY_SOCKET: a berthd started by hand works all the same.
 */

import { loadedOnce } from '../../lib/loaded-once.ts';

const calls = loadedOnce(async () => await import('./libc.ts'));

export interface NotifierOptions {
  /** NOTIFY_SOCKET of the environment. */
  readonly socket: string | undefined;
  /** WATCHDOG_USEC of the environment. */
  readonly watchdogUsec?: string | undefined;
  /** WATCHDOG_PID of the environment: whom the watchdog is for. */
  readonly watchdogPid?: string | undefined;
}

export class Notifier {
  readonly #options: NotifierOptions;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** How often systemd wants to hear `watchdog`, at least; undefined if it does not. Half of it is a good rhythm. */
  get watchdogMs(): number | undefined {
    const { watchdogUsec, watchdogPid } = this.#options;
    if (watchdogUsec === undefined || (watchdogPid !== undefined && Number(watchdogPid) !== process.pid))
      return undefined;
    return Number(watchdogUsec) / 1000;
  }

  async ready(status?: string): Promise<void> {
    await this.#send(['READY=1', ...statusLine(status)]);
  }

  /** @param text what `systemctl status` shows; one line */
  async status(text: string): Promise<void> {
    await this.#send(statusLine(text));
  }

  /** Before the configuration is read again; `ready` ends it. */
  async reloading(): Promise<void> {
    await this.#send(['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`]);
  }

  async stopping(status?: string): Promise<void> {
    await this.#send(['STOPPING=1', ...statusLine(status)]);
  }

  async watchdog(): Promise<void> {
    await this.#send(['WATCHDOG=1']);
  }

  /**
   * Leaves duplicates of descriptors in systemd's fd store (FileDescriptorStoreMax=); the next process of the service
   * finds them as sd_listen_fds_with_names(3) says. systemd drops what is there already, and what hangs up unless `poll` is `off`.
   * @param name up to 255 letters, without `:` or control characters; several descriptors may share it
   */
  async storeFds(name: string, fds: readonly number[], { poll = 'on' }: { poll?: 'on' | 'off' } = {}): Promise<void> {
    if (!isFdName(name)) throw new Error(`no name for a descriptor: ${name}`);
    await this.#send(['FDSTORE=1', `FDNAME=${name}`, ...(poll === 'off' ? ['FDPOLL=0'] : [])], fds);
  }

  /** Takes every descriptor of this name out of the store. */
  async removeFds(name: string): Promise<void> {
    if (!isFdName(name)) throw new Error(`no name for a descriptor: ${name}`);
    await this.#send(['FDSTOREREMOVE=1', `FDNAME=${name}`]);
  }

  async #send(lines: readonly string[], fds: readonly number[] = []): Promise<void> {
    if (this.#options.socket === undefined) return;
    const { notifyWithFds } = await calls();
    notifyWithFds(lines.join('\n'), fds);
  }
}

/** `fdname_is_valid()` of systemd. */
function isFdName(name: string): boolean {
  return name.length <= 255 && /^[ -9;-~]*$/.test(name);
}

function statusLine(status: string | undefined): string[] {
  return status === undefined ? [] : [`STATUS=${status.replaceAll(/\s+/g, ' ')}`];
}
