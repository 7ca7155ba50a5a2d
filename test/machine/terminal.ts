/** A program of a machine at a real terminal, with somebody who looks at it and types. */
import { spawn, type IPty } from 'node-pty';
import { PATH } from './cache.ts';
import type { Machine } from './machine.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export class Terminal {
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  readonly #pty: IPty;
  #seen = '';
  #looks = new Set<() => void>();

  constructor({ leader }: Machine, argv: readonly string[], { columns, rows }: Size) {
    const enter = ['-t', leader.toString(), '-a', '-r', '-w', '--', ...argv];
    const pty = spawn('nsenter', enter, { cols: columns, rows, env: { PATH, TERM: 'xterm' } });
    this.#pty = pty;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.ended = promise;
    pty.onData((text) => {
      this.#seen += text;
      for (const look of this.#looks) look();
    });
    pty.onExit(({ exitCode }) => {
      resolve(exitCode);
    });
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  resize({ columns, rows }: Size): void {
    this.#pty.resize(columns, rows);
  }

  /** Resolves when this is seen, after what earlier calls have waited for. @throws Error when the program ends without it */
  async until(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<'seen'>();
    const look = (): void => {
      const at = this.#seen.indexOf(text);
      if (at < 0) return;
      this.#seen = this.#seen.slice(at + text.length);
      this.#looks.delete(look);
      resolve('seen');
    };
    this.#looks.add(look);
    look();
    if ((await Promise.race([promise, this.ended])) === 'seen') return;
    look(); // the last words may come with the end
    if (this.#looks.delete(look))
      throw new Error(`${JSON.stringify(text)} did not come: ${JSON.stringify(this.#seen)}`);
  }
}
