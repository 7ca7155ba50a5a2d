/**
 * A client's place at a process, from before the process is started: what the process says is held until the client's
 * connection is there, and goes straight to it from then on.
 */
import type { Channel } from './channel.ts';
import type { OutputName } from './frames.ts';

export class Attachment {
  readonly #wanted: readonly OutputName[];
  readonly #dropped = Promise.withResolvers<'dropped'>();
  readonly #connected = Promise.withResolvers<void>();
  #held: [OutputName, Buffer][] = [];
  #heldBytes = 0;
  #channel: Channel | undefined;

  /** @param wanted the outputs that are passed on; others are left out */
  constructor(wanted: readonly OutputName[]) {
    this.#wanted = wanted;
  }

  /** Resolves when it did not keep up and gets nothing more. */
  get whenDropped(): Promise<'dropped'> {
    return this.#dropped.promise;
  }

  get pending(): number {
    return this.#channel?.pending ?? this.#heldBytes;
  }

  wants(stream: OutputName): boolean {
    return this.#wanted.includes(stream);
  }

  output(stream: OutputName, bytes: Buffer): void {
    if (!this.wants(stream)) return;
    if (this.#channel !== undefined) {
      this.#channel.write(stream, bytes);
      return;
    }
    this.#held.push([stream, bytes]);
    this.#heldBytes += bytes.length;
  }

  async drained(): Promise<void> {
    await this.#connected.promise;
    await this.#channel?.drained();
  }

  dropped(): void {
    this.#held = [];
    this.#dropped.resolve('dropped');
  }

  /** Everything goes to this channel, beginning with what was held. */
  connect(channel: Channel): void {
    for (const [stream, bytes] of this.#held) channel.write(stream, bytes);
    this.#held = [];
    this.#channel = channel;
    this.#connected.resolve();
  }

  /** Nobody will ever connect, or who did is gone. */
  close(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.#connected.resolve();
  }
}
