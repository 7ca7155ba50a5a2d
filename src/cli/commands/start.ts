import { ContainerClient, isContainerError } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';

export const start = command({
  name: 'start',
  summary: 'Run containers that were made or have ended',
  operands: 'NAME…',
  details: 'One that runs is left alone.',
  options: {},
  least: 1,
  most: Infinity,
  async run({ operands }, context) {
    const containers = new ContainerClient(context.berthd);
    return await forEach(operands, context, { turns: 'one-by-one' }, async (container) => {
      try {
        await containers.start({ container });
      } catch (error) {
        if (!isContainerError(error, 'WrongState') || error.parameters.state !== 'running') throw error;
      }
      return container;
    });
  },
});
