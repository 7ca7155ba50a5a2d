import { ContainerClient, type InspectOutput } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';

export const inspect = command({
  name: 'inspect',
  summary: 'Show everything about containers',
  operands: 'NAME…',
  details: 'As a JSON array.',
  options: {},
  least: 1,
  most: Infinity,
  async run({ operands }, context) {
    const containers = new ContainerClient(context.berthd);
    const found: InspectOutput[] = [];
    const exitCode = await forEach(operands, context, { turns: 'one-by-one' }, async (container) => {
      found.push(await containers.inspect({ container }));
      return undefined;
    });
    await context.output.json(found);
    return exitCode;
  },
});
