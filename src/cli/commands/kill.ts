import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { ALL_OPTION, selected } from '../arguments/selection.ts';

export const kill = command({
  name: 'kill',
  summary: 'Send a signal to containers',
  operands: 'NAME…',
  details: 'The first process of each gets it.',
  options: {
    signal: { kind: 'text', short: 's', value: 'SIGNAL', help: 'Which, by name or number; default: SIGKILL' },
    all: { ...ALL_OPTION, help: 'Send it to all containers that run' },
  },
  least: 0,
  most: Infinity,
  async run(args, context) {
    const signal = args.text('signal');
    const containers = new ContainerClient(context.berthd);
    const names = await selected(containers, { operands: args.operands, all: args.flag('all') }, ['running']);
    return await forEach(names, context, { turns: 'one-by-one' }, async (container) => {
      await containers.kill({ container, signal });
      return container;
    });
  },
});
