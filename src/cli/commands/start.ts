import { ContainerClient, isContainerError } from '../../api/io-berth-container.ts';
import { UsageError } from '../arguments/args.ts';
import { ATTACH_OPTIONS, STREAM_VALUE, streamsFrom } from '../arguments/attach-options.ts';
import { attachTo } from '../session/attaching.ts';
import { command, type Context } from '../command.ts';
import { forEach } from '../each.ts';
import { VarlinkError } from '../../varlink/errors.ts';
import { EXIT } from '../output/exit-codes.ts';
import { RECURSIVE_OPTION } from './init.ts';

export const start = command({
  name: 'start',
  summary: 'Run containers that were made or have ended',
  operands: 'NAME…',
  details: 'One that runs is left alone. With --attach it is one only, and berth exits with its exit code.',
  options: {
    attach: {
      kind: 'flag-or-texts',
      short: 'a',
      value: STREAM_VALUE,
      help: 'Show what it writes until it has ended, or be at this stream only',
    },
    interactive: { kind: 'flag', short: 'i', help: 'Attach, and pass standard input on to it where it has one' },
    recursive: RECURSIVE_OPTION,
    wanted: { kind: 'flag', help: 'Run all those that a boot of the host brings up; see --restart of berth run' },
    ...ATTACH_OPTIONS,
  },
  least: 0,
  most: Infinity,
  async run(args, context) {
    const recursive = args.flag('recursive') || undefined;
    const containers = new ContainerClient(context.berthd);
    if (args.flag('wanted')) {
      if (args.operands.length > 0) throw new UsageError('--wanted and names exclude each other');
      if (args.flag('attach') || args.flag('interactive') || args.flag('recursive'))
        throw new UsageError('--wanted goes with no other option');
      return await startWanted(containers, context);
    }
    if (args.operands.length === 0) throw new UsageError('something is missing: a NAME, or --wanted');
    if (args.flag('attach') || args.flag('interactive')) {
      const [container = '', ...others] = args.operands;
      if (others.length > 0) throw new UsageError('--attach and --interactive take one container');
      const { configuration, runtime } = await containers.inspect({ container });
      const before = runtime.invocationId;
      const streams = streamsFrom(args.texts('attach'));
      // One that has no input runs all the same.
      const input = streams.includes('stdin') ? 'required' : args.flag('interactive') ? 'if-open' : 'none';
      const attaching = { container, configuration, input, by: 'start', streams, recursive, before } as const;
      return await attachTo(containers, attaching, args, context);
    }
    return await forEach(args.operands, context, { turns: 'one-by-one' }, async (container) => {
      try {
        await containers.start({ container, recursive });
      } catch (error) {
        if (!isContainerError(error, 'WrongState') || error.parameters.state !== 'running') throw error;
      }
      return container;
    });
  },
});

/** Prints the names of those that it has started. @returns the exit code */
async function startWanted(containers: ContainerClient, context: Context): Promise<number> {
  let exitCode: number = EXIT.ok;
  for await (const { name, error, parameters } of containers.startWanted({})) {
    if (name === undefined) continue;
    if (error === undefined) {
      await context.output.line(name);
      continue;
    }
    const { sentenceFor } = await import('../output/errors.ts');
    await context.output.complain(`${name}: ${sentenceFor(new VarlinkError(error, parameters ?? {}))}`);
    exitCode = EXIT.berthFailed;
  }
  return exitCode;
}
