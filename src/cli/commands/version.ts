import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { FORMAT_OPTION, parseFormat } from '../output/listing.ts';
import { VERSION } from '../../version.ts';

export const version = command({
  name: 'version',
  summary: 'Show versions',
  operands: '',
  details: 'That of this program and that of berthd.',
  options: {
    client: { kind: 'flag', help: 'Only that of this program' },
    format: { ...FORMAT_OPTION, help: 'Print a JSON object' },
  },
  async run(args, context) {
    const json = parseFormat(args.text('format')) === 'json';
    if (args.flag('client')) {
      await (json ? context.output.json({ client: VERSION }) : context.output.line(`berth ${VERSION}`));
      return EXIT.ok;
    }
    if (!json) await context.output.line(`berth ${VERSION}`);
    const { SystemClient } = await import('../../api/io-berth-system.ts');
    const {
      version: berthd,
      nodeVersion: node,
      systemdVersion: systemd,
    } = await new SystemClient(context.berthd).getInfo();
    if (json) await context.output.json({ client: VERSION, server: { berthd, node, systemd } });
    else await context.output.line(`berthd ${berthd} (Node ${node}, systemd ${systemd})`);
    return EXIT.ok;
  },
});
