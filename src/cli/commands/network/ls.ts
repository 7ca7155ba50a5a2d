import { NetworkClient, type Network } from '../../../api/io-berth-network.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';
import { FORMAT_OPTION, parseFormat, shortId } from '../../output/listing.ts';
import { podmanNetwork } from '../../output/podman-network.ts';
import { report } from '../../output/report.ts';
import { printable } from '../../output/printable.ts';
import { tableOf } from '../../output/table.ts';
import { NETWORK_FILTERS, parseNetworkFilters } from '../../arguments/network-filters.ts';

export const networkLs = command({
  name: 'network ls',
  summary: 'List networks',
  operands: '',
  options: {
    filter: { kind: 'texts', short: 'f', value: NETWORK_FILTERS, help: 'Only list those' },
    quiet: { kind: 'flag', short: 'q', help: 'Only print names' },
    format: FORMAT_OPTION,
    'no-trunc': { kind: 'flag', help: 'Print whole IDs' },
  },
  async run(args, context) {
    const matches = parseNetworkFilters(args.texts('filter'));
    const format = parseFormat(args.text('format'));
    const found: Network[] = [];
    // One file that makes no sense does not hide the others.
    const [listing] = await Promise.allSettled([list(new NetworkClient(context.berthd), matches, found)]);
    const idOf = ({ id }: Network): string => (args.flag('no-trunc') ? id : shortId(id));
    if (args.flag('quiet')) for (const { name } of found) await context.output.line(printable(name));
    else if (format === 'json') await context.output.json(found.map(podmanNetwork));
    else await context.output.line(table(found, idOf));
    return listing.status === 'fulfilled' ? EXIT.ok : await report(listing.reason, context);
  },
});

async function list(client: NetworkClient, matches: (network: Network) => boolean, found: Network[]): Promise<void> {
  for await (const { network } of client.list()) if (network !== undefined && matches(network)) found.push(network);
}

const table = (networks: readonly Network[], idOf: (network: Network) => string): string =>
  tableOf(
    ['NETWORK ID', 'NAME', 'DRIVER', 'SUBNETS'],
    networks.map((network) => [
      idOf(network),
      printable(network.name),
      network.driver,
      network.subnets.map(({ subnet }) => printable(subnet)).join(', '),
    ]),
  );
