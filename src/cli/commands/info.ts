import { SystemClient, type GetInfoOutput, type Networking } from '../../api/io-berth-system.ts';
import { optionFor } from '../arguments/parameters.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { FORMAT_OPTION, parseFormat } from '../output/listing.ts';
import { printable } from '../output/printable.ts';
import { tableOf } from '../output/table.ts';

export const info = command({
  name: 'info',
  summary: 'Show what this host can do',
  operands: '',
  options: { format: { ...FORMAT_OPTION, help: 'Print a JSON object' } },
  async run(args, context) {
    const format = parseFormat(args.text('format'));
    const found = await new SystemClient(context.berthd).getInfo();
    if (format === 'json') await context.output.json(found);
    else await context.output.line(inWords(found));
    return EXIT.ok;
  },
});

function inWords(info: GetInfoOutput): string {
  const { containers } = info;
  const facts: readonly (readonly [string, string])[] = [
    ['Host', info.hostname],
    ['berth', info.version],
    ['Node', info.nodeVersion],
    ['systemd', info.systemdVersion],
    ['Kernel', info.kernelVersion],
    ['Architecture', info.architecture],
    ['Runtimes', info.runtimes.map(runtimeInWords).join(', ') || 'none: install crun or runc'],
    ['Controllers', info.controllers.join(' ') || 'none'],
    ...missing(info.limits).map((sentence) => ['Cannot limit', sentence] as const),
    ['Read-only', info.recursiveReadOnly ? 'mounts and what is below them' : 'mounts alone (Linux before 5.12)'],
    ['Networks', networkingInWords(info.networking)],
    ['Data', info.dataDirectory],
    ['Image store', info.storageDirectory],
    ...info.additionalStorageDirectories.map((path) => ['Images from', path] as const),
    [
      'Containers',
      `${containers.total.toString()} (${containers.running.toString()} running, ${containers.paused.toString()} paused, ${containers.stopped.toString()} stopped)`,
    ],
    ['Images', info.images.toString()],
  ];
  const [first = [], ...rows] = facts.map(([name, value]) => [`${name}:`, printable(value)]);
  return tableOf(first, rows);
}

const runtimeInWords = ({ name, version, checkpoint }: GetInfoOutput['runtimes'][number]): string =>
  `${name} ${version}${checkpoint ? ' (can checkpoint)' : ''}`;

/** What this host cannot limit, one sentence for each controller that it lacks. */
function missing(limits: GetInfoOutput['limits']): string[] {
  const lacking = limits.filter(({ problem }) => problem !== undefined);
  return [...Map.groupBy(lacking, ({ controller }) => controller)].map(([controller, those]) => {
    const options = those.map(({ name }) => optionFor(`resources.${name}`)).join(', ');
    return `${options}: no controller '${controller}', since ${those[0]?.problem ?? ''}`;
  });
}

function networkingInWords({ netavarkVersion, aardvarkVersion, firewallDriver, problem }: Networking): string {
  const versions = [`netavark ${netavarkVersion} (${firewallDriver})`, `aardvark-dns ${aardvarkVersion}`];
  const installed = [netavarkVersion, aardvarkVersion].flatMap((version, index) =>
    version === '' ? [] : [versions[index] ?? ''],
  );
  return [...installed, ...(problem === undefined ? [] : [problem])].join(', ');
}
