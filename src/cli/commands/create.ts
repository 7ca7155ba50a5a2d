import { command } from '../command.ts';
import { configurationFrom, CONTAINER_OPTIONS } from '../arguments/container-options.ts';
import { createContainer, CREATION_OPTIONS } from '../arguments/creation.ts';
import { EXIT } from '../output/exit-codes.ts';

export const create = command({
  name: 'create',
  summary: 'Make a container',
  operands: 'IMAGE [COMMAND [ARG…]]',
  details: "It is not started; 'berth start' does that. Prints its ID.",
  options: { ...CREATION_OPTIONS, ...CONTAINER_OPTIONS },
  least: 1,
  most: Infinity,
  optionsEnd: 'at-first-operand',
  async run(args, context) {
    await context.output.line(await createContainer(args, configurationFrom(args, context), context));
    return EXIT.ok;
  },
});
