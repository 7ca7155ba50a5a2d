import { NetworkClient } from '../../../api/io-berth-network.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';

export const networkUpdate = command({
  name: 'network update',
  summary: 'Change the servers that a network asks for names',
  operands: 'NETWORK',
  details: 'Prints its name. Containers that run ask the new ones from their next start, or network reload, on.',
  options: {
    'dns-add': { kind: 'texts', value: 'ADDRESS', help: 'Ask this server, too' },
    'dns-drop': { kind: 'texts', value: 'ADDRESS', help: 'Do not ask this server any more' },
  },
  least: 1,
  most: 1,
  async run(args, context) {
    const [network = ''] = args.operands;
    const changes = {
      addDnsServers: listFrom(args.texts('dns-add')),
      removeDnsServers: listFrom(args.texts('dns-drop')),
    };
    const { network: changed } = await new NetworkClient(context.berthd).update({ network, ...changes });
    await context.output.line(changed.name);
    return EXIT.ok;
  },
});

/** podman takes several with commas between them. */
const listFrom = (texts: readonly string[]): string[] => texts.flatMap((text) => text.split(','));
