import { NetworkClient } from '../../../api/io-berth-network.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../output/exit-codes.ts';

export const networkConnect = command({
  name: 'network connect',
  summary: 'Put a container on one more network',
  operands: 'NETWORK CONTAINER',
  details: 'At once where it runs, and at each of its starts from then on.',
  options: {
    alias: { kind: 'texts', value: 'NAME', help: 'Let others on the network find it as NAME, too' },
    ip: { kind: 'text', value: 'ADDRESS', help: 'Its IPv4 address there' },
    ip6: { kind: 'text', value: 'ADDRESS', help: 'Its IPv6 address there' },
    'mac-address': { kind: 'text', value: 'MAC', help: 'Its Ethernet address there' },
    'interface-name': { kind: 'text', value: 'NAME', help: 'The interface in the container' },
  },
  least: 2,
  most: 2,
  async run(args, context) {
    const [network = '', container = ''] = args.operands;
    const addresses = [args.text('ip'), args.text('ip6')].filter((address) => address !== undefined);
    await new NetworkClient(context.berthd).connect({
      network,
      container,
      aliases: args.texts('alias').length === 0 ? undefined : args.texts('alias'),
      addresses: addresses.length === 0 ? undefined : addresses,
      mac: args.text('mac-address'),
      interface: args.text('interface-name'),
    });
    return EXIT.ok;
  },
});
