import { NetworkClient } from '../../../api/io-berth-network.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';
import { isRefusal } from '../../refusals.ts';
import { definitionFrom, NETWORK_OPTIONS } from '../../arguments/network-options.ts';

export const networkCreate = command({
  name: 'network create',
  summary: 'Make a network',
  operands: '[NAME]',
  details:
    'Prints its name. Without --subnet a bridge gets one that clashes with nothing of this host. The network is a file in\n' +
    '/etc/berth/networks, which may be edited.',
  options: NETWORK_OPTIONS,
  least: 0,
  most: 1,
  async run(args, context) {
    const networks = new NetworkClient(context.berthd);
    const [name] = args.operands;
    try {
      const { network } = await networks.create({ definition: { ...definitionFrom(args), name } });
      await context.output.line(network.name);
    } catch (error) {
      if (!args.flag('ignore') || name === undefined || !isRefusal(error, 'io.berth.Network.NetworkExists'))
        throw error;
      await context.output.line(name);
    }
    return EXIT.ok;
  },
});
