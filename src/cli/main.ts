/** The process: what it was given, what it leaves behind. Nothing else touches `process`. */
import type { WriteStream } from 'node:tty';
import { fstatSync, writeSync } from 'node:fs';
import { serviceAt } from './connect.ts';
import { isInherited } from './session/inherited.ts';
import { StandardInput } from './session/input.ts';
import { Output } from './output/output.ts';
import { program } from './program.ts';

const DESCRIPTORS = { stdout: 1, stderr: 2 } as const;

/** As every terminal is: to ask a stream of the process for that loads all that streams need. */
const isDevice = (descriptor: number): boolean => fstatSync(descriptor).isCharacterDevice();

function writeNow(stream: 'stdout' | 'stderr', bytes: Uint8Array): number {
  try {
    return writeSync(DESCRIPTORS[stream], bytes);
  } catch (error) {
    // Another program that shares it wants nobody to wait for it.
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return 0;
    throw error;
  }
}

/** A stream that is read from knows no window; another one of the same terminal does. Loaded only where it is needed. */
let typed: WriteStream | undefined;
function typedAt(): WriteStream[] {
  if (!isDevice(0) || !process.stdin.isTTY) return [];
  typed ??= new (process.getBuiltinModule('node:tty').WriteStream)(0);
  return [typed];
}

const isDumb = (): boolean => process.env['TERM'] === 'dumb';

const code = await program(process.argv.slice(2), {
  output: new Output({
    stdout: () => process.stdout,
    stderr: () => process.stderr,
    now: writeNow,
    colours: () => isDevice(1) && process.stdout.isTTY && !isDumb() && (process.env['NO_COLOR'] ?? '') === '',
    columns: (stream) =>
      isDevice(DESCRIPTORS[stream]) && process[stream].isTTY && !isDumb() ? process[stream].columns : undefined,
  }),
  input: new StandardInput({
    stdin: () => process.stdin,
    screens: () => [process.stdout, process.stderr, ...typedAt()],
    hasTerminal: () =>
      (isDevice(0) && process.stdin.isTTY) ||
      (isDevice(1) && process.stdout.isTTY) ||
      (isDevice(2) && process.stderr.isTTY),
    onExit(act) {
      process.on('exit', act);
      return { [Symbol.dispose]: () => process.off('exit', act) };
    },
  }),
  environment: process.env,
  folder: process.cwd(),
  now: () => new Date(),
  serviceAt,
  isInherited,
  async ask(question) {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
    const { createInterface } = await import('node:readline/promises');
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      // Ctrl-D is no answer, and nobody is sure then.
      return await Promise.race([
        lines.question(question),
        new Promise<string>((end) => lines.once('close', () => end(''))),
      ]);
    } finally {
      lines.close();
    }
  },
  onSignal(signals, listener) {
    for (const signal of signals) process.on(signal, listener);
    return {
      [Symbol.dispose]: () => {
        for (const signal of signals) process.off(signal, listener);
      },
    };
  },
});
// Connections that are kept for another call would hold the process.
process.exit(code);
