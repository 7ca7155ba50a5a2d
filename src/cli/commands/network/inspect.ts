import { NetworkClient } from '../../../api/io-berth-network.ts';
import { command } from '../../command.ts';
import { forEach } from '../../each.ts';
import { FORMAT_OPTION, parseFormat } from '../../output/listing.ts';
import { podmanNetwork } from '../../output/podman-network.ts';

export const networkInspect = command({
  name: 'network inspect',
  summary: 'Show everything about networks',
  operands: 'NETWORK…',
  details: 'As a JSON array, with the members of their files and the names of the containers on them.',
  options: { format: { ...FORMAT_OPTION, help: 'Print a JSON array, as it does anyway' } },
  least: 1,
  most: Infinity,
  async run(args, context) {
    parseFormat(args.text('format'));
    const networks = new NetworkClient(context.berthd);
    const found: object[] = [];
    const exitCode = await forEach(args.operands, context, { turns: 'one-by-one' }, async (name) => {
      const { network, containers } = await networks.inspect({ network: name });
      found.push({ ...podmanNetwork(network), file: network.file, containers });
      return undefined;
    });
    await context.output.json(found);
    return exitCode;
  },
});
