import { ContainerClient, isContainerError } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { RECURSIVE_OPTION } from './init.ts';

export const start = command({
  name: 'start',
  summary: 'Run containers that were made or have ended',
  operands: 'NAME…',
  details: 'One that runs is left alone.',
  options: { recursive: RECURSIVE_OPTION },
  least: 1,
  most: Infinity,
  async run(args, context) {
    const recursive = args.flag('recursive') || undefined;
    const containers = new ContainerClient(context.berthd);
    return await forEach(args.operands, context, { turns: 'one-by-one' }, async (container) => {
      try {
        await containers.start({ container, recursive });
      } catch (error) {
        if (!isContainerError(error, 'WrongState') || error.parameters.state !== 'running') throw error;
      }
      return container;
    });
  },
});
