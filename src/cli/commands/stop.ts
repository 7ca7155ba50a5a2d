import { ContainerClient, isContainerError } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { parseStopTime } from '../arguments/quantities.ts';
import { isRefusal } from '../refusals.ts';
import { ALL_OPTION, selected } from '../arguments/selection.ts';

export const TIME_OPTION = {
  kind: 'text',
  short: 't',
  aliases: ['timeout'],
  value: 'SECONDS',
  help: "How long they may take to stop, instead of each container's own stop timeout; 0 kills at once, -1 never",
} as const;

export const stop = command({
  name: 'stop',
  summary: 'Ask containers to end, and kill those that do not',
  operands: 'NAME…',
  details: 'Each gets its stop signal, and SIGKILL when its time is up. One that has ended is left alone.',
  options: {
    time: TIME_OPTION,
    all: { ...ALL_OPTION, help: 'Stop all containers that run' },
    ignore: { kind: 'flag', short: 'i', help: 'Do not mind those that are not there' },
  },
  least: 0,
  most: Infinity,
  async run(args, context) {
    const time = args.text('time');
    const timeoutUSec = time === undefined ? undefined : parseStopTime('--time', time);
    const ignore = args.flag('ignore');
    const containers = new ContainerClient(context.berthd);
    const wanted = { operands: args.operands, all: args.flag('all') };
    const names = await selected(containers, wanted, ['created', 'running', 'paused']);
    return await forEach(names, context, { turns: 'together' }, async (container) => {
      try {
        await containers.stop({ container, timeoutUSec });
      } catch (error) {
        if (ignore && isRefusal(error, 'io.berth.Container.NoSuchContainer')) return undefined;
        if (!isContainerError(error, 'AlreadyStopped')) throw error;
      }
      return container;
    });
  },
});
