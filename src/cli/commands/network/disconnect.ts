import { NetworkClient } from '../../../api/io-berth-network.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';

export const networkDisconnect = command({
  name: 'network disconnect',
  summary: 'Take a container from a network',
  operands: 'NETWORK CONTAINER',
  details: 'At once where it runs, and for good.',
  options: { force: { kind: 'flag', short: 'f', help: 'As it does anyway' } },
  least: 2,
  most: 2,
  async run({ operands: [network = '', container = ''] }, context) {
    await new NetworkClient(context.berthd).disconnect({ network, container });
    return EXIT.ok;
  },
});
