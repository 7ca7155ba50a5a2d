import { ContainerClient, isContainerError } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { parseSeconds } from '../quantities.ts';

export const stop = command({
  name: 'stop',
  summary: 'Ask containers to end, and kill those that do not',
  operands: 'NAME…',
  details: 'Each gets its stop signal, and SIGKILL when its time is up. One that has ended is left alone.',
  options: {
    time: {
      kind: 'text',
      short: 't',
      aliases: ['timeout'],
      value: 'SECONDS',
      help: "How long they may take, instead of each container's own stop timeout; 0 kills at once",
    },
  },
  least: 1,
  most: Infinity,
  async run(args, context) {
    const time = args.text('time');
    const timeoutUSec = time === undefined ? undefined : parseSeconds('--time', time);
    const containers = new ContainerClient(context.berthd);
    return await forEach(args.operands, context, { turns: 'together' }, async (container) => {
      try {
        await containers.stop({ container, timeoutUSec });
      } catch (error) {
        if (!isContainerError(error, 'AlreadyStopped')) throw error;
      }
      return container;
    });
  },
});
