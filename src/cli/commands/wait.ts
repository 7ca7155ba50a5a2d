import { ContainerClient, type State } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { askAgain } from '../session/persistence.ts';
import { parseState } from '../arguments/states.ts';

/** One that never ran has nothing to wait for. */
const DEFAULT_STATES: readonly State[] = ['stopped', 'exited', 'configured'];

export const wait = command({
  name: 'wait',
  summary: 'Wait until containers have ended',
  operands: 'NAME…',
  details: 'Prints the exit code of each: 0 where it was never started, -1 where nobody knows it.',
  options: {
    condition: { kind: 'texts', value: 'STATE', help: 'Wait for this state instead of an end' },
  },
  least: 1,
  most: Infinity,
  async run(args, context) {
    const states = args.texts('condition').map((text): State => parseState('--condition', text));
    const conditions = states.length === 0 ? DEFAULT_STATES : states;
    const containers = new ContainerClient(context.berthd);
    return await forEach(args.operands, context, { turns: 'together' }, async (container) => {
      const { state, exit } = await askAgain(async () => await containers.wait({ container, conditions }));
      return (exit?.exitCode ?? (state === 'configured' ? 0 : -1)).toString();
    });
  },
});
