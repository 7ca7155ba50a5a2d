import { NetworkClient } from '../../../api/io-berth-network.ts';
import { command } from '../../command.ts';
import { forEach } from '../../each.ts';
import { removeExitCodeFor } from '../../output/report.ts';

export const networkRm = command({
  name: 'network rm',
  summary: 'Remove networks',
  operands: 'NETWORK…',
  details:
    'Exits with 1 where there is no such network, with 2 where containers are on it, with 125 where something else is wrong.',
  options: { force: { kind: 'flag', short: 'f', help: 'Remove the containers on it first, also those that run' } },
  least: 1,
  most: Infinity,
  exitCodeFor: removeExitCodeFor,
  async run(args, context) {
    const networks = new NetworkClient(context.berthd);
    const turns = { turns: 'one-by-one', exitCodeFor: removeExitCodeFor } as const;
    return await forEach(args.operands, context, turns, async (network) => {
      await networks.remove({ network, force: args.flag('force') || undefined });
      return network;
    });
  },
});
