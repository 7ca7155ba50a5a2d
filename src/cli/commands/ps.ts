import { ContainerClient, type Summary } from '../../api/io-berth-container.ts';
import { command, type Context } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { FILTERS, parseFilters } from '../arguments/filters.ts';
import { agoInWords } from '../output/humanise.ts';
import { FORMAT_OPTION, parseFormat, shortId } from '../output/listing.ts';
import { portsInWords } from '../output/ports.ts';
import { printable, shortened } from '../output/printable.ts';
import { parseCount } from '../arguments/quantities.ts';
import { ALIVE } from '../arguments/states.ts';
import { colourOf, statusInWords } from '../output/status.ts';
import { tableOf, type Cell } from '../output/table.ts';

const COMMAND_COLUMNS = 24;

export const ps = command({
  name: 'ps',
  summary: 'List containers',
  operands: '',
  details: 'Without -a, those that have ended or were never started are left out.',
  options: {
    all: { kind: 'flag', short: 'a', help: 'List all containers' },
    filter: { kind: 'texts', value: FILTERS, help: 'Only list those' },
    last: { kind: 'text', short: 'n', value: 'N', help: 'Only the N that were made last, whatever their state' },
    latest: { kind: 'flag', short: 'l', help: 'Only the one that was made last, whatever its state' },
    quiet: { kind: 'flag', short: 'q', help: 'Only print IDs' },
    format: FORMAT_OPTION,
    'no-trunc': { kind: 'flag', help: 'Print whole IDs and commands' },
  },
  async run(args, context) {
    const format = parseFormat(args.text('format'));
    const { states, labels, matches } = parseFilters(args.texts('filter'));
    const last = lastFrom(args.flag('latest') ? '1' : args.text('last'));
    const isEvery =
      args.flag('all') || last !== undefined || args.texts('filter').some((text) => text.startsWith('exited='));
    const all: Summary[] = [];
    const query = { states: states ?? (isEvery ? undefined : ALIVE), labels };
    for await (const { container } of new ContainerClient(context.berthd).list(query)) {
      if (container !== undefined && matches(container)) all.push(container);
    }
    const found = last === undefined ? all : all.slice(Math.max(0, all.length - last));
    const lengths = args.flag('no-trunc') ? 'whole' : 'short';
    if (args.flag('quiet'))
      for (const { id } of found) await context.output.line(lengths === 'whole' ? id : shortId(id));
    else if (format === 'json') await context.output.json(found);
    else await context.output.line(table(found, lengths, context));
    return EXIT.ok;
  },
});

const lastFrom = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseCount('--last', text);

function table(containers: readonly Summary[], lengths: 'whole' | 'short', { now, output }: Context): string {
  const at = now();
  const short = lengths === 'short';
  const rows = containers.map((container): (string | Cell)[] => {
    const { id, image, command, createdAt, runtime, ports, name } = container;
    const colour = colourOf(runtime);
    const commandLine = printable(command.join(' '));
    return [
      short ? shortId(id) : id,
      printable(image),
      short ? shortened(commandLine, COMMAND_COLUMNS) : commandLine,
      agoInWords(createdAt, at),
      {
        text: printable(statusInWords(runtime, at)),
        show: (text) => (colour === undefined ? text : output.coloured(text, colour)),
      },
      printable(portsInWords(ports)),
      printable(name),
    ];
  });
  return tableOf(['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'PORTS', 'NAME'], rows);
}
