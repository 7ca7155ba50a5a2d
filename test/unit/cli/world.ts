import { duplexPair, Readable, Writable } from 'node:stream';
import type { ContainerHandlers } from '../../../src/api/io-berth-container.ts';
import { containerInterface } from '../../../src/api/io-berth-container.ts';
import type { ImageHandlers } from '../../../src/api/io-berth-image.ts';
import { imageInterface } from '../../../src/api/io-berth-image.ts';
import type { SystemHandlers } from '../../../src/api/io-berth-system.ts';
import { networkInterface, type NetworkHandlers } from '../../../src/api/io-berth-network.ts';
import { volumeInterface, type VolumeHandlers } from '../../../src/api/io-berth-volume.ts';
import { systemInterface } from '../../../src/api/io-berth-system.ts';
import { Output } from '../../../src/cli/output/output.ts';
import { program, type World } from '../../../src/cli/program.ts';
import type { TerminalSize } from '../../../src/stream/control.ts';
import { Client } from '../../../src/varlink/client.ts';
import { Server } from '../../../src/varlink/server.ts';
import type { Caller } from '../../../src/varlink/types.ts';

/** What one command line did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as bytes. */
  readonly bytes: Buffer;
}

export interface WorldOptions {
  readonly containers?: Partial<ContainerHandlers>;
  readonly images?: Partial<ImageHandlers>;
  readonly networks?: Partial<NetworkHandlers>;
  readonly volumes?: Partial<VolumeHandlers>;
  readonly system?: Partial<SystemHandlers>;
  readonly environment?: Record<string, string>;
  readonly colours?: boolean;
  /** How wide the terminal is that standard output and standard error go to; none without. */
  readonly columns?: number;
  /** What the person at the terminal answers. */
  readonly answer?: string;
  /** Takes the place of standard output. */
  readonly stdout?: Writable;
  /** Standard input; by default it ends at once. */
  readonly stdin?: Readable;
  /** What was open before the program began, beside the standard streams. */
  readonly inherited?: readonly number[];
  /** The size of the terminal that standard input and output are; they are none without. */
  readonly window?: TerminalSize;
}

export const NOW = new Date('2026-11-21T12:00:00Z');
/** Microseconds, so long before now. */
export const ago = (seconds: number): { realtime: number } => ({ realtime: (NOW.getTime() - seconds * 1000) * 1000 });

/** `berth` against a real varlink service in this process, which checks every call against the interface files. */
export class TestWorld {
  readonly server: Server;
  /** The address that was asked for. */
  address = '';
  /** How often something connected. */
  connections = 0;
  /** What the person at the terminal was asked. */
  readonly questions: string[] = [];
  /** What became of the terminal. */
  readonly terminal: ('raw' | 'restored')[] = [];
  /** The size of the terminal; a test that changes it raises SIGWINCH. */
  window: TerminalSize | undefined;
  readonly #options: WorldOptions;
  readonly #listeners = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => void>();
  readonly #serverEnds = new Set<Writable>();

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.window = options.window;
    const fault = (error: unknown): never => {
      throw error;
    };
    this.server = new Server({
      vendor: 'Berth',
      product: 'fake',
      version: '1',
      url: 'https://example.org',
      onError: fault,
    })
      .serve<Partial<ContainerHandlers>>(containerInterface, options.containers ?? {})
      .serve<Partial<ImageHandlers>>(imageInterface, options.images ?? {})
      .serve<Partial<NetworkHandlers>>(networkInterface, options.networks ?? {})
      .serve<Partial<VolumeHandlers>>(volumeInterface, options.volumes ?? {})
      .serve<Partial<SystemHandlers>>(systemInterface, options.system ?? {});
  }

  /** Whether the program takes this signal now. */
  listensTo(signal: NodeJS.Signals): boolean {
    return this.#listeners.has(signal);
  }

  raise(signal: NodeJS.Signals): void {
    this.#listeners.get(signal)?.(signal);
  }

  /** What kill -9 of berthd is to its clients. */
  cutAll(): void {
    for (const end of this.#serverEnds) end.destroy();
  }

  async run(...argv: readonly string[]): Promise<Ran> {
    const stdout = this.#options.stdout ?? new Sink();
    const stderr = new Sink();
    const client = await Client.over(async () => await Promise.resolve(this.#dial()));
    const world: World = {
      output: new Output({
        stdout: () => stdout,
        stderr: () => stderr,
        now: () => 0,
        colours: () => this.#options.colours ?? false,
        columns: () => this.#options.columns,
      }),
      ask: async (question) => {
        this.questions.push(question);
        return await Promise.resolve(this.#options.answer);
      },
      input: {
        isTerminal: () => this.window !== undefined,
        hasTerminal: () => this.window !== undefined,
        open: () => this.#options.stdin ?? Readable.from([]),
        raw: async () => {
          this.terminal.push('raw');
          return await Promise.resolve({ [Symbol.dispose]: () => void this.terminal.push('restored') });
        },
        size: () => this.window,
      },
      environment: this.#options.environment ?? {},
      folder: '/here',
      now: () => NOW,
      isInherited: (descriptor) => this.#options.inherited?.includes(descriptor) === true,
      serviceAt: (address): Caller => {
        this.address = address;
        return client;
      },
      onSignal: (signals, listener) => {
        for (const signal of signals) this.#listeners.set(signal, listener);
        return {
          [Symbol.dispose]: () => {
            for (const signal of signals) this.#listeners.delete(signal);
          },
        };
      },
    };
    const code = await program(argv, world);
    await client.close();
    const bytes = stdout instanceof Sink ? stdout.bytes : Buffer.alloc(0);
    return { code, stdout: bytes.toString(), stderr: stderr.bytes.toString(), bytes };
  }

  #dial(): ReturnType<typeof duplexPair>[0] {
    const [ours, theirs] = duplexPair();
    ours.on('error', () => undefined);
    theirs.on('error', () => undefined);
    // A socket's peer sees the end of it; a pair's does not.
    theirs.once('close', () => {
      this.#serverEnds.delete(theirs);
      ours.destroy();
    });
    ours.once('close', () => theirs.destroy());
    this.#serverEnds.add(theirs);
    this.connections++;
    void this.server.accept(theirs);
    return ours;
  }
}

/** Runs one command line against these handlers. */
export const berth = async (argv: readonly string[], options: WorldOptions = {}): Promise<Ran> =>
  await new TestWorld(options).run(...argv);

class Sink extends Writable {
  readonly #chunks: Buffer[] = [];

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}
