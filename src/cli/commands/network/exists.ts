import { NetworkClient } from '../../../api/io-berth-network.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';
import { isRefusal } from '../../refusals.ts';

export const networkExists = command({
  name: 'network exists',
  summary: 'Tell by the exit code whether there is a network',
  operands: 'NETWORK',
  details: 'Exits with 0 where there is, with 1 where there is none, with 125 where something is wrong.',
  options: {},
  least: 1,
  most: 1,
  async run({ operands: [network = ''] }, context) {
    try {
      await new NetworkClient(context.berthd).inspect({ network });
      return EXIT.ok;
    } catch (error) {
      if (!isRefusal(error, 'io.berth.Network.NoSuchNetwork')) throw error;
      return EXIT.notThere;
    }
  },
});
