/** Tells systemd at a steady rhythm that berthd lives, for as long as it does: its event loop turns, and what it needs answers. */
import type { Logger } from '../log/logger.ts';

export interface WatchdogPorts {
  /** Resolves when berthd can do its work. A look that does not come back keeps systemd waiting, until it gives up. */
  readonly look: (signal: AbortSignal) => Promise<void>;
  /** Tells systemd. */
  readonly tell: () => Promise<void>;
  readonly log: Logger;
}

export class Watchdog implements Disposable {
  readonly #ports: WatchdogPorts;
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #looking = false;

  /** @param patienceMs how long systemd waits; it is told twice as often */
  constructor(ports: WatchdogPorts, patienceMs: number) {
    this.#ports = ports;
    this.#timer = setInterval(() => {
      this.#beat();
    }, patienceMs / 2);
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    clearInterval(this.#timer);
  }

  #beat(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.#lookAndTell()
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#ports.log.error('berthd cannot do its work now', { error });
      })
      .finally(() => {
        this.#looking = false;
      });
  }

  async #lookAndTell(): Promise<void> {
    await this.#ports.look(this.#closing.signal);
    await this.#ports.tell();
  }
}
