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
    let looked = 0;
    let end: Buffer = Buffer.alloc(0);
    // Nothing is looked at twice but what may be the beginning of the text.
    const seen = (): boolean => {
      const all = Buffer.concat([end, ...this.chunks.slice(looked).map(({ bytes }) => bytes)]);
      looked = this.chunks.length;
      end = all.subarray(Math.max(0, all.length - Buffer.byteLength(text) + 1));
      return all.includes(text);
    };
    for (let over = false; !seen();) {
      if (over) throw new Error(`it ended with ${JSON.stringify([this.text(), await this.last])}`);
      const more = new Promise<boolean>((resolve) => {
        this.#waiting.push(() => {
          resolve(false);
        });
      });
      over = await Promise.race([more, this.last.then(() => true)]);
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
