import { ContainerClient } from '../../api/io-berth-container.ts';
import { UsageError } from '../arguments/args.ts';
import { ATTACH_OPTIONS, streamsFrom } from '../arguments/attach-options.ts';
import { attachTo } from '../session/attaching.ts';
import { command } from '../command.ts';
import { configurationFrom, CONTAINER_OPTIONS } from '../arguments/container-options.ts';
import { createContainer, CREATION_OPTIONS } from '../arguments/creation.ts';
import { EXIT } from '../output/exit-codes.ts';
import { startOnce } from '../session/starting.ts';

export const run = command({
  name: 'run',
  summary: 'Make a container and run it',
  operands: 'IMAGE [COMMAND [ARG…]]',
  details:
    'Shows what it writes and exits with its exit code: 128 and the number of the signal that ended it, 127 where the\n' +
    'command is not there, 126 where it cannot be executed, 125 where berth itself failed. Signals are passed on to it.\n' +
    'With --interactive it reads what is typed, with --tty it has a terminal, which the detach keys leave.',
  options: {
    detach: { kind: 'flag', short: 'd', help: 'Print the ID and leave the container to itself' },
    ...ATTACH_OPTIONS,
    ...CREATION_OPTIONS,
    ...CONTAINER_OPTIONS,
  },
  least: 1,
  most: Infinity,
  optionsEnd: 'at-first-operand',
  async run(args, context) {
    const streams = streamsFrom(args.texts('attach'));
    const isDetached = args.flag('detach');
    if (isDetached && streams.length > 0) throw new UsageError('--detach and --attach exclude each other');
    const asked = configurationFrom(args, context);
    // Its journal would do for reading along, but has not every byte: only who asks for that gets no more.
    const configuration = isDetached ? asked : { ...asked, streams: asked.streams ?? 'relay' };
    const containers = new ContainerClient(context.berthd);
    const id = await createContainer(args, configuration, context);
    // What never ran never ends, so nobody else would remove it.
    const onStartFailed = async (): Promise<void> => {
      if (args.flag('rm')) await containers.remove({ container: id, force: true }).catch(() => undefined);
    };
    if (!isDetached) {
      const input = args.flag('interactive') || streams.includes('stdin') ? 'required' : 'none';
      const attaching = { container: id, configuration, input, by: 'start', streams, onStartFailed } as const;
      return await attachTo(containers, attaching, args, context);
    }
    try {
      await startOnce(containers, { container: id });
    } catch (error) {
      await onStartFailed();
      throw error;
    }
    await context.output.line(id);
    return EXIT.ok;
  },
});
