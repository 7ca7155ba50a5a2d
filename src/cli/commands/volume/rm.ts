import { VolumeClient } from '../../../api/io-berth-volume.ts';
import { command } from '../../command.ts';
import { forEach } from '../../each.ts';
import { removeExitCodeFor } from '../../output/report.ts';

export const volumeRm = command({
  name: 'volume rm',
  summary: 'Remove volumes, and everything in them',
  operands: 'VOLUME…',
  details:
    'Exits with 1 where there is no such volume, with 2 where containers have it, with 125 where something else is wrong.',
  options: {
    force: { kind: 'flag', short: 'f', help: 'Remove the containers that have it first, also those that run' },
  },
  least: 1,
  most: Infinity,
  exitCodeFor: removeExitCodeFor,
  async run(args, context) {
    const volumes = new VolumeClient(context.berthd);
    const turns = { turns: 'one-by-one', exitCodeFor: removeExitCodeFor } as const;
    return await forEach(args.operands, context, turns, async (volume) => {
      await volumes.remove({ volume, force: args.flag('force') || undefined });
      return volume;
    });
  },
});
