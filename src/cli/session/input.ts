import type { Readable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import type { TerminalSize } from '../../stream/control.ts';

/** Standard input, and the terminal that it may be. */
export interface Input {
  /** Whether somebody types there. */
  isTerminal(): boolean;
  /** Whether any of the standard streams is a terminal. */
  hasTerminal(): boolean;
  open(): Readable;
  /** From here until it is disposed of, keys go through as they are typed, and what is written is shown as it is. */
  raw(): Promise<Disposable>;
  /** Of the terminal that one of the standard streams is; undefined where none is. */
  size(): TerminalSize | undefined;
}

/** What of the process it takes. */
export interface InputStreams {
  readonly stdin: () => ReadStream;
  /** The standard streams, as far as they have a window, the likeliest first. */
  readonly screens: () => readonly Pick<WriteStream, 'isTTY' | 'getWindowSize'>[];
  /** Whether any of the standard streams is a terminal. */
  readonly hasTerminal: () => boolean;
  /** Runs before the process ends, however it does. */
  readonly onExit: (act: () => void) => Disposable;
}

export class StandardInput implements Input {
  readonly #streams: InputStreams;

  constructor(streams: InputStreams) {
    this.#streams = streams;
  }

  isTerminal(): boolean {
    return this.#streams.stdin().isTTY;
  }

  hasTerminal(): boolean {
    return this.#streams.hasTerminal();
  }

  open(): Readable {
    return this.#streams.stdin();
  }

  async raw(): Promise<Disposable> {
    const stdin = this.#streams.stdin();
    const { spawnSync } = await import('node:child_process');
    const restore = (): void => {
      try {
        stdin.setRawMode(false);
      } catch {
        // The terminal is gone, and its settings with it.
      }
    };
    const stack = new DisposableStack();
    stack.defer(restore);
    stack.use(this.#streams.onExit(restore));
    stdin.setRawMode(true);
    // That leaves newlines to be translated, which moves the cursor of programs that have a terminal of their own. Both
    // are undone by the same call; where there is no stty, most programs look right all the same.
    spawnSync('stty', ['-opost'], { stdio: ['inherit', 'ignore', 'ignore'] });
    return stack;
  }

  size(): TerminalSize | undefined {
    for (const screen of this.#streams.screens()) {
      if (!screen.isTTY) continue;
      const [columns, rows] = screen.getWindowSize();
      if (columns > 0 && rows > 0) return { columns, rows };
    }
    return undefined;
  }
}
