import { ContainerClient, type State } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { askAgain } from '../session/persistence.ts';
import { parseState } from '../arguments/states.ts';

export const wait = command({
  name: 'wait',
  summary: 'Wait until containers have ended',
  operands: 'NAME…',
  details: 'Prints the exit code of each, or -1 where it has none or nobody knows it.',
  options: {
    condition: { kind: 'texts', value: 'STATE', help: 'Wait for this state instead of stopped or exited' },
  },
  least: 1,
  most: Infinity,
  async run(args, context) {
    const states = args.texts('condition').map((text): State => parseState('--condition', text));
    const conditions = states.length === 0 ? undefined : states;
    const containers = new ContainerClient(context.berthd);
    return await forEach(args.operands, context, { turns: 'together' }, async (container) => {
      const { exit } = await askAgain(async () => await containers.wait({ container, conditions }));
      return (exit?.exitCode ?? -1).toString();
    });
  },
});
