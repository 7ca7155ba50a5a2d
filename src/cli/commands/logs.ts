import { ContainerClient, type LogLine } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { shortId } from '../output/listing.ts';
import { logLines, LogWriter } from '../output/log-lines.ts';
import { parseMoment } from '../arguments/moments.ts';
import { parseCount } from '../arguments/quantities.ts';

export const logs = command({
  name: 'logs',
  summary: 'Show what a container wrote',
  operands: 'NAME…',
  details:
    'What it wrote to standard output and to standard error goes to these. Of several containers, each line comes when it is\n' +
    'read, after the ID of its container.',
  options: {
    follow: { kind: 'flag', short: 'f', help: 'Go on until the container has ended, or the time of --until has come' },
    tail: {
      kind: 'text',
      short: 'n',
      value: 'N',
      help: 'Only the last N lines of what was written so far; all and -1 stand for every line',
    },
    since: {
      kind: 'text',
      value: 'TIME',
      help: 'Only lines from then on: a date and time, or 10m for ten minutes ago',
    },
    until: { kind: 'text', value: 'TIME', help: 'Only lines up to then: a date and time, or 10m for in ten minutes' },
    timestamps: { kind: 'flag', short: 't', help: 'Show when each line was written' },
    names: { kind: 'flag', help: 'Show the name of the container that wrote it' },
  },
  least: 1,
  most: Infinity,
  async run(args, context) {
    const now = context.now();
    const moment = (option: 'since' | 'until'): { realtime: number } | undefined => {
      const text = args.text(option);
      const durations = option === 'since' ? 'before-now' : 'after-now';
      return text === undefined
        ? undefined
        : { realtime: parseMoment(`--${option}`, text, now, durations).getTime() * 1000 };
    };
    const query = {
      follow: args.flag('follow') || undefined,
      tail: tailOf(args.text('tail')),
      since: moment('since'),
      until: moment('until'),
    };
    const containers = new ContainerClient(context.berthd);
    const sources = await sourcesOf(containers, args.operands, args.flag('names') ? 'name' : 'id');
    const written = sources.map(async ({ container, label }) => {
      const stamped = args.flag('timestamps') ? stamp : unstamped;
      const writer = new LogWriter(context.output, (line) => `${label}${stamped(line)}`);
      // With something before each of them, lines have to be told apart.
      const together = (label === '' && stamped === unstamped) || undefined;
      for await (const lines of logLines(containers, { container, together, ...query })) await writer.write(lines);
    });
    await Promise.all(written);
    return EXIT.ok;
  },
});

/** A container, and what stands before each of its lines. */
interface Source {
  readonly container: string;
  readonly label: string;
}

/** Asks for all of them before the first line: a name that is not there fails at once. */
async function sourcesOf(
  containers: ContainerClient,
  operands: readonly string[],
  label: 'name' | 'id',
): Promise<readonly Source[]> {
  const [container = '', ...others] = operands;
  if (others.length === 0 && label === 'id') return [{ container, label: '' }];
  return await Promise.all(
    operands.map(async (operand) => {
      const { id, name } = await containers.inspect({ container: operand });
      return { container: id, label: `${label === 'name' ? name : shortId(id)} ` };
    }),
  );
}

/** As podman has it, a negative number stands for every line. @throws UsageError */
const tailOf = (text: string | undefined): number | undefined =>
  text === undefined || text === 'all' || /^-\d+$/u.test(text) ? undefined : parseCount('--tail', text);

const unstamped = (): string => '';

/** `2026-11-21T10:00:00.123456Z `. */
function stamp({ timestamp: { realtime } }: LogLine): string {
  if (realtime === undefined) return '';
  const seconds = new Date(Math.floor(realtime / 1e6) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${(realtime % 1e6).toString().padStart(6, '0')}Z `;
}
