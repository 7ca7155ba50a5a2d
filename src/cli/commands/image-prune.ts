import { ImageClient } from '../../api/io-berth-image.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { PRUNE_OPTIONS, sure } from '../prune.ts';

export const imagePrune = command({
  name: 'image prune',
  summary: 'Remove all images without a name that no container is made of',
  operands: '',
  details: 'Prints their IDs. Asks first, where it is a terminal that it can ask.',
  options: { ...PRUNE_OPTIONS, all: { kind: 'flag', short: 'a', help: 'Remove those with names too' } },
  async run(args, context) {
    const all = args.flag('all') || undefined;
    const question = `This removes all images ${all === true ? '' : 'without a name '}that no container is made of.`;
    if (!args.flag('force') && !(await sure(question, context))) return EXIT.ok;
    for await (const { id } of new ImageClient(context.berthd).prune({ all })) {
      if (id !== undefined) await context.output.line(id);
    }
    return EXIT.ok;
  },
});
