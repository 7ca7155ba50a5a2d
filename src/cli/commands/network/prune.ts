import { NetworkClient } from '../../../api/io-berth-network.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';
import { labelFilters, PRUNE_OPTIONS, sure } from '../../prune.ts';

export const networkPrune = command({
  name: 'network prune',
  summary: 'Remove all networks that no container is on',
  operands: '',
  details: 'Prints their names; the default network stays. Asks first, where it is a terminal that it can ask.',
  options: {
    ...PRUNE_OPTIONS,
    filter: { kind: 'texts', value: 'label=KEY[=VALUE]', help: 'Only remove those' },
  },
  async run(args, context) {
    const labels = labelFilters(args.texts('filter'));
    const question = 'This removes all networks that no container is on.';
    if (!args.flag('force') && !(await sure(question, context))) return EXIT.ok;
    for await (const { name } of new NetworkClient(context.berthd).prune({ labels })) {
      if (name !== undefined) await context.output.line(name);
    }
    return EXIT.ok;
  },
});
