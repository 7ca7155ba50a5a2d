import { VolumeClient } from '../../../api/io-berth-volume.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';
import { labelFilters, PRUNE_OPTIONS, sure } from '../../prune.ts';

export const volumePrune = command({
  name: 'volume prune',
  summary: 'Remove all volumes that no container has, and everything in them',
  operands: '',
  details: 'Prints their names. Asks first, where it is a terminal that it can ask.',
  options: {
    ...PRUNE_OPTIONS,
    filter: { kind: 'texts', value: 'label=KEY[=VALUE]', help: 'Only remove those' },
  },
  async run(args, context) {
    const labels = labelFilters(args.texts('filter'));
    const question = 'This removes all volumes that no container has, and everything in them.';
    if (!args.flag('force') && !(await sure(question, context))) return EXIT.ok;
    for await (const { name } of new VolumeClient(context.berthd).prune({ labels })) {
      if (name !== undefined) await context.output.line(name);
    }
    return EXIT.ok;
  },
});
