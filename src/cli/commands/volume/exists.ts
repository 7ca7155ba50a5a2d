import { VolumeClient } from '../../../api/io-berth-volume.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';
import { isRefusal } from '../../refusals.ts';

export const volumeExists = command({
  name: 'volume exists',
  summary: 'Tell by the exit code whether there is a volume',
  operands: 'VOLUME',
  details: 'Exits with 0 where there is, with 1 where there is none, with 125 where something is wrong.',
  options: {},
  least: 1,
  most: 1,
  async run({ operands: [volume = ''] }, context) {
    try {
      await new VolumeClient(context.berthd).inspect({ volume });
      return EXIT.ok;
    } catch (error) {
      if (!isRefusal(error, 'io.berth.Volume.NoSuchVolume')) throw error;
      return EXIT.notThere;
    }
  },
});
