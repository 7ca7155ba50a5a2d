import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { ALL_OPTION, selected } from '../arguments/selection.ts';

export const sync = command({
  name: 'sync',
  summary: 'Repair what berth has recorded of containers',
  operands: 'NAME…',
  details: 'Asks systemd and the runtime what each is, and prints its state.',
  options: { all: { ...ALL_OPTION, help: 'All containers' } },
  least: 0,
  most: Infinity,
  async run(args, context) {
    const containers = new ContainerClient(context.berthd);
    const names = await selected(containers, { operands: args.operands, all: args.flag('all') }, undefined);
    return await forEach(names, context, { turns: 'together' }, async (container) => {
      const { state } = await containers.sync({ container });
      return `${container} ${state}`;
    });
  },
});
