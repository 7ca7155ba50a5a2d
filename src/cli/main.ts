/** The process: what it was given, what it leaves behind. Nothing else touches `process`. */
import { serviceAt } from './connect.ts';
import { isInherited } from './inherited.ts';
import { StandardInput } from './input.ts';
import { Output } from './output.ts';
import { program } from './program.ts';

const isDumb = (): boolean => process.env['TERM'] === 'dumb';

const code = await program(process.argv.slice(2), {
  output: new Output({
    stdout: () => process.stdout,
    stderr: () => process.stderr,
    colours: () => process.stdout.isTTY && !isDumb() && (process.env['NO_COLOR'] ?? '') === '',
    columns: (stream) => (process[stream].isTTY && !isDumb() ? process[stream].columns : undefined),
  }),
  input: new StandardInput({
    stdin: () => process.stdin,
    screens: () => [process.stdout, process.stderr],
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
