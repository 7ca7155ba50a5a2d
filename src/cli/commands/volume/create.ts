import { VolumeClient } from '../../../api/io-berth-volume.ts';
import { labelsFrom } from '../../arguments/variables.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';
import { isRefusal } from '../../refusals.ts';

export const volumeCreate = command({
  name: 'volume create',
  summary: 'Make a volume',
  operands: '[NAME]',
  details:
    'Prints its name: 64 random digits if none is given. It takes over what a container has at its place the first time that is\n' +
    'something, with owner and mode.',
  options: {
    label: { kind: 'texts', short: 'l', value: 'KEY[=VALUE]', help: 'Set a label' },
    driver: { kind: 'text', short: 'd', value: 'local', help: 'What makes it; plugins are not supported' },
    opt: { kind: 'texts', short: 'o', value: 'NAME=VALUE', help: 'Set an option of the driver; local has none yet' },
    ignore: { kind: 'flag', help: 'Do not mind one that is there already' },
  },
  least: 0,
  most: 1,
  async run(args, context) {
    const [name] = args.operands;
    const labels = labelsFrom('--label', args.texts('label'));
    const options = labelsFrom('--opt', args.texts('opt'));
    try {
      const definition = { name, driver: args.text('driver'), labels, options };
      const { volume } = await new VolumeClient(context.berthd).create({ definition });
      await context.output.line(volume.name);
    } catch (error) {
      if (!args.flag('ignore') || name === undefined || !isRefusal(error, 'io.berth.Volume.VolumeExists')) throw error;
      await context.output.line(name);
    }
    return EXIT.ok;
  },
});
