import { ContainerClient, type Process } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { agoInWords, cpuTimeInDigits, sizeInWords } from '../output/humanise.ts';
import { FORMAT_OPTION, parseFormat } from '../output/listing.ts';
import { askAgain } from '../session/persistence.ts';
import { printable } from '../output/printable.ts';
import { tableOf } from '../output/table.ts';

export const top = command({
  name: 'top',
  summary: 'Show the processes of a container',
  operands: 'NAME',
  details: 'PID is the number in the container, HOST PID that on this host.',
  options: { format: FORMAT_OPTION },
  least: 1,
  most: 1,
  async run(args, context) {
    const format = parseFormat(args.text('format'));
    const [container = ''] = args.operands;
    const containers = new ContainerClient(context.berthd);
    const { processes = [], incomplete } = await askAgain(async () => await containers.top({ container }));
    if (format === 'json') await context.output.json(processes);
    else await context.output.line(table(processes, context.now()));
    if (incomplete === true) await context.output.complain('it has more processes than these');
    return EXIT.ok;
  },
});

function table(processes: readonly Process[], now: Date): string {
  const rows = processes.map((process) => [
    process.containerPid?.toString() ?? '',
    process.process.pid.toString(),
    process.parentPid.toString(),
    process.uid.toString(),
    printable(process.state),
    cpuTimeInDigits(process.cpuUsageUSec),
    sizeInWords(process.residentBytes),
    agoInWords(process.startedAt, now),
    printable(process.command),
  ]);
  return tableOf(['PID', 'HOST PID', 'HOST PPID', 'UID', 'STATE', 'CPU TIME', 'MEMORY', 'STARTED', 'COMMAND'], rows);
}
