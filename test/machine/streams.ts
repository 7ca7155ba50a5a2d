/** A client of the stream protocol, as a stranger would write it from the comments of the interface file. */
import type { Duplex } from 'node:stream';
import type { Upgraded } from '../../src/varlink/types.ts';

interface Control {
  readonly type: string;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly message?: string;
  readonly error?: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export class Streams {
  readonly stream: Duplex;
  /** What was received, in order. */
  readonly chunks: { readonly stream: 1 | 2; readonly bytes: Buffer }[] = [];
  /** The last word; undefined if the connection closed without one. */
  readonly last: Promise<Control | undefined>;
  #control: Control | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  constructor({ stream }: Upgraded<unknown>) {
    this.stream = stream;
    const { promise, resolve } = Promise.withResolvers<Control | undefined>();
    this.last = promise;
    stream.on('data', (chunk: Buffer) => {
      this.#take(chunk);
    });
    stream.on('error', () => undefined);
    stream.on('end', () => {
      resolve(this.#control);
      stream.end();
    });
    stream.on('close', () => {
      resolve(this.#control);
    });
    stream.resume();
  }

  text(stream?: 1 | 2): string {
    return this.bytes(stream).toString();
  }

  bytes(stream?: 1 | 2): Buffer {
    return Buffer.concat(
      this.chunks.filter((each) => stream === undefined || each.stream === stream).map(({ bytes }) => bytes),
    );
  }

  /** Resolves when everything that was received contains this. */
  async until(text: string): Promise<void> {
    const seen = (): boolean => {
      // Of much output only the end is looked at: looking at all of it each time takes minutes.
      const last = this.chunks.length > 1000 ? this.chunks.slice(-10) : this.chunks;
      return Buffer.concat(last.map(({ bytes }) => bytes)).includes(text);
    };
    while (!seen()) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#waiting.push(() => {
        resolve(undefined);
      });
      const last = await Promise.race([promise, this.last.then(() => 'over' as const)]);
      if (last === 'over' && !seen())
        throw new Error(`it ended with ${JSON.stringify([this.text(), await this.last])}`);
    }
  }

  frame(stream: number, payload: Uint8Array | string): boolean {
    const bytes = Buffer.from(payload);
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(bytes.length, 4);
    return this.stream.write(Buffer.concat([header, bytes]));
  }

  type(payload: Uint8Array | string): boolean {
    return this.frame(0, payload);
  }

  endInput(): void {
    this.frame(0, '');
  }

  resize(columns: number, rows: number): void {
    this.frame(3, JSON.stringify({ type: 'resize', columns, rows }));
  }

  hangUp(): void {
    this.stream.destroy();
  }

  #take(chunk: Buffer): void {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
      const end = 8 + rest.readUInt32BE(4);
      const payload = rest.subarray(8, end);
      const stream = rest[0];
      if (stream === 1 || stream === 2) this.chunks.push({ stream, bytes: payload });
      else if (stream === 3) this.#control = JSON.parse(payload.toString()) as Control;
      else throw new Error(`the service wrote to stream ${String(stream)}`);
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
