import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { FORMAT_OPTION, parseFormat } from '../listing.ts';

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
    const own = ownVersion();
    if (args.flag('client')) {
      await (json ? context.output.json({ client: own }) : context.output.line(`berth ${own}`));
      return EXIT.ok;
    }
    if (!json) await context.output.line(`berth ${own}`);
    const { SystemClient } = await import('../../api/io-berth-system.ts');
    const {
      version: berthd,
      nodeVersion: node,
      systemdVersion: systemd,
    } = await new SystemClient(context.berthd).getInfo();
    if (json) await context.output.json({ client: own, server: { berthd, node, systemd } });
    else await context.output.line(`berthd ${berthd} (Node ${node}, systemd ${systemd})`);
    return EXIT.ok;
  },
});

/** As package.json has it, which is two folders further up from compiled files. */
function ownVersion(): string {
  const file = findPackageJSON(import.meta.url);
  const manifest: unknown = file === undefined ? undefined : JSON.parse(readFileSync(file, 'utf8'));
  const known =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined;
  if (typeof known !== 'string')
    throw new Error('berth is not installed as it should be: its package.json has no version');
  return known;
}
