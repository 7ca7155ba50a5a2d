import { NetworkClient } from '../../../api/io-berth-network.ts';
import { UsageError } from '../../arguments/args.ts';
import { command } from '../../command.ts';
import { forEach } from '../../each.ts';
import { EXIT } from '../../output/exit-codes.ts';

export const networkReload = command({
  name: 'network reload',
  summary: 'Set up again what somebody has taken away of the networks of containers',
  operands: '[CONTAINER…]',
  details:
    "After 'nft flush ruleset', or a firewall that was reloaded. Containers run on, with the addresses that they have.",
  options: { all: { kind: 'flag', short: 'a', help: 'Do it with all containers that run' } },
  least: 0,
  most: Infinity,
  async run(args, context) {
    const networks = new NetworkClient(context.berthd);
    if (args.flag('all') !== (args.operands.length === 0))
      throw new UsageError(
        args.flag('all') ? '--all and names exclude each other' : 'something is missing: a NAME, or --all',
      );
    if (args.flag('all')) {
      await networks.reload({});
      return EXIT.ok;
    }
    return await forEach(args.operands, context, { turns: 'one-by-one' }, async (container) => {
      await networks.reload({ container });
      return container;
    });
  },
});
