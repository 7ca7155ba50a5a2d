import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { ALL_OPTION, selected } from '../arguments/selection.ts';

export const pause = command({
  name: 'pause',
  summary: 'Freeze containers',
  operands: 'NAME…',
  details: "None of their processes runs until 'berth unpause'.",
  options: { all: ALL_OPTION },
  least: 0,
  most: Infinity,
  async run(args, context) {
    const containers = new ContainerClient(context.berthd);
    const names = await selected(containers, { operands: args.operands, all: args.flag('all') }, ['running']);
    return await forEach(names, context, { turns: 'together' }, async (container) => {
      await containers.pause({ container });
      return container;
    });
  },
});
