import type { Duplex } from 'node:stream';
import type { Call } from './types.ts';
import type { CallMessage } from './message.ts';
import { descriptorOf } from './descriptor.ts';

/** The call a handler sees. Its signal is made when somebody looks at it; most handlers never do. */
export class ServedCall implements Call {
  readonly method: string;
  readonly more: boolean;
  readonly oneway: boolean;
  readonly upgrade: boolean;
  gone = false;
  readonly #stream: Duplex;
  #controller: AbortController | undefined;
  #hungUp: (() => void) | undefined;

  constructor({ method, mode }: CallMessage, stream: Duplex) {
    this.#stream = stream;
    this.method = method;
    this.more = mode === 'more';
    this.oneway = mode === 'oneway';
    this.upgrade = mode === 'upgrade';
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.gone) this.#controller.abort();
    return this.#controller.signal;
  }

  get socket(): number | undefined {
    return descriptorOf(this.#stream);
  }

  onHangUp(hungUp: () => void): void {
    if (this.gone) hungUp();
    else this.#hungUp = hungUp;
  }

  hangUp(): void {
    if (this.gone) return;
    this.gone = true;
    this.#controller?.abort();
    this.#hungUp?.();
  }
}
