/** The process: what it was given, what it leaves behind. Nothing else touches `process`. */
import { serviceAt } from './connect.ts';
import { Output } from './output.ts';
import { program } from './program.ts';

const code = await program(process.argv.slice(2), {
  output: new Output({
    stdout: () => process.stdout,
    stderr: () => process.stderr,
    colours: () => process.stdout.isTTY && process.env['TERM'] !== 'dumb' && (process.env['NO_COLOR'] ?? '') === '',
  }),
  environment: process.env,
  folder: process.cwd(),
  now: () => new Date(),
  serviceAt,
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
