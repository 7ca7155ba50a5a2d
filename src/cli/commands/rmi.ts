import { ImageClient } from '../../api/io-berth-image.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { removeExitCodeFor } from '../output/report.ts';

export const rmi = command({
  name: 'rmi',
  summary: 'Remove images',
  operands: 'IMAGE…',
  details:
    'Of an image with several names the one that is given goes. Exits with 1 where there is no such image, with 2 where\n' +
    'containers are made from it, with 125 where something else is wrong.',
  options: {},
  least: 1,
  most: Infinity,
  exitCodeFor: removeExitCodeFor,
  async run({ operands }, context) {
    const images = new ImageClient(context.berthd);
    const turns = { turns: 'one-by-one', exitCodeFor: removeExitCodeFor } as const;
    return await forEach(operands, context, turns, async (image) => {
      await images.remove({ image });
      return image;
    });
  },
});
