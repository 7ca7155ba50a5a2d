import { ContainerClient, type LogLine } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { logLines, LogWriter } from '../output/log-lines.ts';
import { parseMoment } from '../arguments/moments.ts';
import { parseCount } from '../arguments/quantities.ts';

export const logs = command({
  name: 'logs',
  summary: 'Show what a container wrote',
  operands: 'NAME',
  details: 'What it wrote to standard output and to standard error goes to these.',
  options: {
    follow: { kind: 'flag', short: 'f', help: 'Go on until the container has ended' },
    tail: { kind: 'text', short: 'n', value: 'N', help: 'Only the last N lines of what was written so far' },
    since: {
      kind: 'text',
      value: 'TIME',
      help: 'Only lines from then on: a date and time, or 10m for ten minutes ago',
    },
    until: { kind: 'text', value: 'TIME', help: 'Only lines up to then' },
    timestamps: { kind: 'flag', short: 't', help: 'Show when each line was written' },
  },
  least: 1,
  most: 1,
  async run(args, context) {
    const now = context.now();
    const [container = ''] = args.operands;
    const moment = (option: 'since' | 'until'): { realtime: number } | undefined => {
      const text = args.text(option);
      return text === undefined ? undefined : { realtime: parseMoment(`--${option}`, text, now).getTime() * 1000 };
    };
    const tail = args.text('tail');
    const lines = logLines(new ContainerClient(context.berthd), {
      container,
      follow: args.flag('follow') || undefined,
      tail: tail === undefined || tail === 'all' ? undefined : parseCount('--tail', tail),
      since: moment('since'),
      until: moment('until'),
    });
    const writer = new LogWriter(context.output, args.flag('timestamps') ? stamp : undefined);
    for await (const line of lines) await writer.write(line);
    return EXIT.ok;
  },
});

/** `2026-11-21T10:00:00.123456Z `. */
function stamp({ timestamp: { realtime } }: LogLine): string {
  if (realtime === undefined) return '';
  const seconds = new Date(Math.floor(realtime / 1e6) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${(realtime % 1e6).toString().padStart(6, '0')}Z `;
}
