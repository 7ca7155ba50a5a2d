import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { parseStopTime } from '../arguments/quantities.ts';
import { ALL_OPTION, selected } from '../arguments/selection.ts';
import { TIME_OPTION } from './stop.ts';

export const restart = command({
  name: 'restart',
  summary: 'Stop containers that run, and run them again',
  operands: 'NAME…',
  details: 'One that does not run is started.',
  options: {
    time: TIME_OPTION,
    all: { ...ALL_OPTION, help: 'Restart all containers, whatever their state' },
    running: { kind: 'flag', help: 'Restart all containers that run' },
  },
  least: 0,
  most: Infinity,
  async run(args, context) {
    const time = args.text('time');
    const timeoutUSec = time === undefined ? undefined : parseStopTime('--time', time);
    const containers = new ContainerClient(context.berthd);
    const all = args.flag('all') || args.flag('running');
    const names = await selected(
      containers,
      { operands: args.operands, all },
      args.flag('running') ? ['running'] : undefined,
    );
    return await forEach(names, context, { turns: 'together' }, async (container) => {
      await containers.restart({ container, timeoutUSec });
      return container;
    });
  },
});
