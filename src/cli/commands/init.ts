import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';

export const init = command({
  name: 'init',
  summary: 'Set containers up without running them',
  operands: 'NAME…',
  details: "The unit is started, and the process waits for 'berth start'.",
  options: {},
  least: 1,
  most: Infinity,
  async run({ operands }, context) {
    const containers = new ContainerClient(context.berthd);
    return await forEach(operands, context, { turns: 'one-by-one' }, async (container) => {
      await containers.init({ container });
      return container;
    });
  },
});
