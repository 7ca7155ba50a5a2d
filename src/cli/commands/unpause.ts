import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { ALL_OPTION, selected } from '../arguments/selection.ts';

export const unpause = command({
  name: 'unpause',
  summary: 'Let paused containers go on',
  operands: 'NAME…',
  options: { all: ALL_OPTION },
  least: 0,
  most: Infinity,
  async run(args, context) {
    const containers = new ContainerClient(context.berthd);
    const names = await selected(containers, { operands: args.operands, all: args.flag('all') }, ['paused']);
    return await forEach(names, context, { turns: 'together' }, async (container) => {
      await containers.unpause({ container });
      return container;
    });
  },
});
