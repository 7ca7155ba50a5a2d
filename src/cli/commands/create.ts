import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { configurationFrom, CONTAINER_OPTIONS } from '../container-options.ts';
import { EXIT } from '../exit-codes.ts';

export const create = command({
  name: 'create',
  summary: 'Make a container',
  operands: 'IMAGE [COMMAND [ARG…]]',
  details: "It is not started; 'berth start' does that. Prints its ID.",
  options: CONTAINER_OPTIONS,
  least: 1,
  most: Infinity,
  optionsEnd: 'at-first-operand',
  async run(args, context) {
    const configuration = configurationFrom(args, context);
    const { id } = await new ContainerClient(context.berthd).create({ configuration });
    await context.output.line(id);
    return EXIT.ok;
  },
});
