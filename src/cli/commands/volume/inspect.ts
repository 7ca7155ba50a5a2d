import { VolumeClient } from '../../../api/io-berth-volume.ts';
import { command } from '../../command.ts';
import { forEach } from '../../each.ts';
import { FORMAT_OPTION, parseFormat } from '../../output/listing.ts';
import { podmanVolume } from '../../output/podman-volume.ts';

export const volumeInspect = command({
  name: 'volume inspect',
  summary: 'Show everything about volumes',
  operands: 'VOLUME…',
  details: 'As a JSON array, with the names of the containers that were made with them.',
  options: { format: { ...FORMAT_OPTION, help: 'Print a JSON array, as it does anyway' } },
  least: 1,
  most: Infinity,
  async run(args, context) {
    parseFormat(args.text('format'));
    const volumes = new VolumeClient(context.berthd);
    const found: object[] = [];
    const exitCode = await forEach(args.operands, context, { turns: 'one-by-one' }, async (name) => {
      const { volume } = await volumes.inspect({ volume: name });
      found.push(podmanVolume(volume));
      return undefined;
    });
    await context.output.json(found);
    return exitCode;
  },
});
