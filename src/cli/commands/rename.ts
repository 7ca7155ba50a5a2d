import { ContainerClient } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';

export const rename = command({
  name: 'rename',
  summary: 'Give a container another name',
  operands: 'CONTAINER NEW-NAME',
  details: 'Its unit gets the name when it is next started.',
  options: {},
  least: 2,
  most: 2,
  async run({ operands: [container = '', name = ''] }, context) {
    await new ContainerClient(context.berthd).rename({ container, name });
    return EXIT.ok;
  },
});
