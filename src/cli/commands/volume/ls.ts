import { VolumeClient, type Volume } from '../../../api/io-berth-volume.ts';
import { parseVolumeFilters, VOLUME_FILTERS } from '../../arguments/volume-filters.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';
import { FORMAT_OPTION, parseFormat } from '../../output/listing.ts';
import { podmanVolume } from '../../output/podman-volume.ts';
import { printable } from '../../output/printable.ts';
import { report } from '../../output/report.ts';
import { tableOf } from '../../output/table.ts';

export const volumeLs = command({
  name: 'volume ls',
  summary: 'List volumes',
  operands: '',
  options: {
    filter: { kind: 'texts', short: 'f', value: VOLUME_FILTERS, help: 'Only list those' },
    quiet: { kind: 'flag', short: 'q', help: 'Only print names' },
    format: FORMAT_OPTION,
  },
  async run(args, context) {
    const matches = parseVolumeFilters(args.texts('filter'));
    const format = parseFormat(args.text('format'));
    const found: Volume[] = [];
    // One that makes no sense does not hide the others.
    const [listing] = await Promise.allSettled([list(new VolumeClient(context.berthd), matches, found)]);
    if (args.flag('quiet')) for (const { name } of found) await context.output.line(printable(name));
    else if (format === 'json') await context.output.json(found.map(podmanVolume));
    else await context.output.line(table(found));
    return listing.status === 'fulfilled' ? EXIT.ok : await report(listing.reason, context);
  },
});

async function list(client: VolumeClient, matches: (volume: Volume) => boolean, found: Volume[]): Promise<void> {
  for await (const { volume } of client.list()) if (volume !== undefined && matches(volume)) found.push(volume);
}

const table = (volumes: readonly Volume[]): string =>
  tableOf(
    ['DRIVER', 'VOLUME NAME'],
    volumes.map(({ driver, name }) => [driver, printable(name)]),
  );
