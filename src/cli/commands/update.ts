import { ContainerClient } from '../../api/io-berth-container.ts';
import { UsageError } from '../arguments/args.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { limitsFrom, RESOURCE_OPTIONS } from '../arguments/resource-options.ts';
import { parseRestart, RESTART_OPTION } from '../arguments/restart.ts';

export const update = command({
  name: 'update',
  summary: 'Change what containers may use',
  operands: 'NAME…',
  details: 'At once where they run, and for every later start. What is not given stays as it is.',
  options: {
    ...RESOURCE_OPTIONS,
    restart: { ...RESTART_OPTION, help: 'Have systemd start it again when it has ended, from the next start on' },
  },
  least: 1,
  most: Infinity,
  async run(args, context) {
    const { resources, unitProperties } = limitsFrom(args);
    const restart = args.text('restart');
    if (Object.keys(resources).length === 0 && unitProperties.length === 0 && restart === undefined) {
      throw new UsageError('something is missing: what to change');
    }
    const changes = { resources, unitProperties, ...(restart === undefined ? {} : parseRestart(restart)) };
    const containers = new ContainerClient(context.berthd);
    return await forEach(args.operands, context, { turns: 'together' }, async (container) => {
      await containers.update({ container, ...changes });
      return container;
    });
  },
});
