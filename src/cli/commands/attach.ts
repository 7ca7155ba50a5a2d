import { ContainerClient } from '../../api/io-berth-container.ts';
import { ATTACH_OPTIONS, STREAM_VALUE, streamsFrom } from '../arguments/attach-options.ts';
import { attachTo } from '../session/attaching.ts';
import { command } from '../command.ts';

export const attach = command({
  name: 'attach',
  summary: 'Be at the input and output of a container that runs',
  operands: 'NAME',
  details:
    'Shows what it writes from now on, and passes on what is typed where it has an input. Exits with its exit code, or with\n' +
    '0 once the detach keys were typed. Without a terminal, signals are passed on to it.',
  options: {
    attach: { kind: 'texts', short: 'a', value: STREAM_VALUE, help: 'Be at this stream only' },
    'no-stdin': { kind: 'flag', help: 'Pass nothing on that is typed' },
    ...ATTACH_OPTIONS,
  },
  least: 1,
  most: 1,
  async run(args, context) {
    const [container = ''] = args.operands;
    const containers = new ContainerClient(context.berthd);
    const { configuration } = await containers.inspect({ container });
    const streams = streamsFrom(args.texts('attach'));
    const isInputLeftOut = args.flag('no-stdin') || (streams.length > 0 && !streams.includes('stdin'));
    const input = isInputLeftOut ? 'none' : streams.includes('stdin') ? 'required' : 'if-open';
    return await attachTo(containers, { container, configuration, input, by: 'attach', streams }, args, context);
  },
});
