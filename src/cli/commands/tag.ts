import { ImageClient } from '../../api/io-berth-image.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';

export const tag = command({
  name: 'tag',
  summary: 'Give an image another name',
  operands: 'IMAGE NEW-NAME…',
  options: {},
  least: 2,
  most: Infinity,
  async run({ operands: [image = '', ...names] }, context) {
    const images = new ImageClient(context.berthd);
    for (const name of names) await images.tag({ image, name });
    return EXIT.ok;
  },
});
