/**
 * Whether berthd may leave until it is called again: only when nothing is lost, and nothing comes late, for want of it. The units
 * of containers write down by themselves how these end, so an ordinary container needs no berthd.
 */
import type { Container } from '../container/container.ts';
import { isAlive, type State } from '../container/state.ts';

/** What keeps berthd: a client; streams that it relays; a container to remove, or to give a terminal, when its time comes. */
export type Hold = 'client' | 'stream' | 'removal' | 'terminal';

export interface InHand {
  /** Connections, those included whose client has gone and whose call has not come to its end. */
  readonly clients: number;
  /** Streams of containers and of exec sessions, with a client or without. */
  readonly streams: number;
  readonly containers: readonly {
    readonly config: Pick<Container['config'], 'removeOnExit' | 'terminal' | 'restartPolicy'>;
    readonly status: Pick<Container['status'], 'state'>;
  }[];
}

/** The first thing that needs berthd; undefined where nothing does. */
export function holdOf({ clients, streams, containers }: InHand): Hold | undefined {
  if (clients > 0) return 'client';
  if (streams > 0) return 'stream';
  for (const { config, status } of containers) {
    const { state } = status;
    if (config.removeOnExit && (goesOn(state) || state === 'removing')) return 'removal';
    // Every new run sends a terminal of its own, which somebody has to take.
    if (config.terminal && config.restartPolicy !== 'no' && goesOn(state)) return 'terminal';
  }
  return undefined;
}

/** Whether it has a process, or systemd is about to give it one. */
const goesOn = (state: State): boolean => isAlive(state) || state === 'stopped';

export interface IdleExitPorts {
  readonly hold: () => Hold | undefined;
  /** How long nothing may have happened; undefined for never. */
  readonly afterMs: () => number | undefined;
  /** Called once, in the same turn in which nothing held. */
  readonly exit: () => void;
}

export class IdleExit implements Disposable {
  readonly #ports: IdleExitPorts;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(ports: IdleExitPorts) {
    this.#ports = ports;
  }

  /** To be called whenever any of its ports may answer otherwise: the time begins anew. */
  reconsider(): void {
    clearTimeout(this.#timer);
    const afterMs = this.#ports.afterMs();
    if (this.#over || afterMs === undefined || this.#ports.hold() !== undefined) return;
    this.#timer = setTimeout(() => {
      if (this.#ports.hold() !== undefined) return;
      this.#over = true;
      this.#ports.exit();
    }, afterMs);
  }

  [Symbol.dispose](): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
