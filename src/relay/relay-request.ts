/** What is asked of `Relays` for a process, and what comes of it. */
import type { Relay } from './relay.ts';

/** What every line of a process is logged with. */
export interface LogRequest {
  readonly fields: Readonly<Record<string, string>>;
  /** The process, as far as it is known. */
  readonly pid: () => number | undefined;
}

export interface RelayRequest {
  /** `terminal`: the runtime makes it and sends its master. `made-terminal`: it is made here, and the process gets the other end. */
  readonly form: 'pipes' | 'terminal' | 'made-terminal';
  readonly stdin: 'open' | 'none';
  /** Whether a client is attached from the first byte on: a berthd to come then waits for it before it reads. */
  readonly client: 'awaited' | 'none';
  /** The foreground process group that is to draw anew, where it is that of another terminal behind this one. */
  readonly foreground?: (() => number | undefined) | undefined;
  /** undefined where nothing is logged. */
  readonly log?: LogRequest | undefined;
}

/** A relay and what its process is to be given; dispose of that once the process has it. */
export interface NewRelay extends Disposable {
  readonly relay: Relay;
  readonly stdin: number | undefined;
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
  /** Where the runtime sends the terminal. */
  readonly consoleSocket: string | undefined;
}
