import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { ALL_OPTION, selected } from '../arguments/selection.ts';

export const cleanup = command({
  name: 'cleanup',
  summary: 'Give back what containers that have ended still hold',
  operands: 'NAME…',
  details: "Mounts, the runtime's record, the failed state of the unit. What they wrote stays.",
  options: { all: { ...ALL_OPTION, help: 'All containers that have ended' } },
  least: 0,
  most: Infinity,
  async run(args, context) {
    const containers = new ContainerClient(context.berthd);
    const wanted = { operands: args.operands, all: args.flag('all') };
    const names = await selected(containers, wanted, ['stopped', 'exited']);
    return await forEach(names, context, { turns: 'together' }, async (container) => {
      await containers.cleanup({ container });
      return container;
    });
  },
});
