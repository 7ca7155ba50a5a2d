import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { labelFilters, PRUNE_OPTIONS, sure } from '../prune.ts';

export const containerPrune = command({
  name: 'container prune',
  summary: 'Remove all containers that have ended or were never started',
  operands: '',
  details: 'Prints their IDs. Asks first, where it is a terminal that it can ask.',
  options: {
    ...PRUNE_OPTIONS,
    filter: { kind: 'texts', value: 'label=KEY[=VALUE]', help: 'Only remove those' },
  },
  async run(args, context) {
    const labels = labelFilters(args.texts('filter'));
    const question = 'This removes all containers that have ended or were never started.';
    if (!args.flag('force') && !(await sure(question, context))) return EXIT.ok;
    for await (const { id } of new ContainerClient(context.berthd).prune({ labels })) {
      if (id !== undefined) await context.output.line(id);
    }
    return EXIT.ok;
  },
});
