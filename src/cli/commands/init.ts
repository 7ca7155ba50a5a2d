import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';

export const RECURSIVE_OPTION = {
  kind: 'flag',
  help: 'Start the containers first whose namespaces they share, where they do not run',
} as const;

export const init = command({
  name: 'init',
  summary: 'Set containers up without running them',
  operands: 'NAME…',
  details: "The unit is started, and the process waits for 'berth start'.",
  options: { recursive: RECURSIVE_OPTION },
  least: 1,
  most: Infinity,
  async run(args, context) {
    const recursive = args.flag('recursive') || undefined;
    const containers = new ContainerClient(context.berthd);
    return await forEach(args.operands, context, { turns: 'one-by-one' }, async (container) => {
      await containers.init({ container, recursive });
      return container;
    });
  },
});
