import { ContainerClient, type Port } from '../../api/io-berth-container.ts';
import { UsageError } from '../arguments/args.ts';
import { command } from '../command.ts';
import { EXIT } from '../output/exit-codes.ts';
import { eachPort } from '../output/ports.ts';

export const port = command({
  name: 'port',
  summary: 'Show which ports of a container are published',
  operands: 'CONTAINER [PORT[/PROTOCOL]]',
  details: 'As PORT/PROTOCOL -> ADDRESS:PORT, a line each; of one that is given only where it is published.',
  options: {},
  least: 1,
  most: 2,
  async run({ operands: [container = '', wanted] }, context) {
    const { configuration } = await new ContainerClient(context.berthd).inspect({ container });
    const ports = eachPort(configuration.ports ?? []);
    if (wanted === undefined) {
      for (const each of ports)
        await context.output.line(`${each.containerPort}/${each.protocol ?? 'tcp'} -> ${at(each)}`);
      return EXIT.ok;
    }
    const [number = '', protocol = 'tcp'] = wanted.split('/');
    const found = ports.filter((each) => String(each.containerPort) === number && each.protocol === protocol);
    if (found.length === 0) throw new UsageError(`the port ${number}/${protocol} of '${container}' is not published`);
    for (const each of found) await context.output.line(at(each));
    return EXIT.ok;
  },
});

function at({ hostAddress = '', hostPort = 0 }: Port): string {
  const address = hostAddress === '' ? '0.0.0.0' : hostAddress;
  return `${address.includes(':') ? `[${address}]` : address}:${hostPort}`;
}
