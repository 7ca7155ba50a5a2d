import { ContainerClient, isContainerError } from '../../api/io-berth-container.ts';
import { command } from '../command.ts';
import { forEach } from '../each.ts';
import { isRefusal } from '../refusals.ts';
import { removeExitCodeFor } from '../output/report.ts';
import { ALL_OPTION, selected } from '../arguments/selection.ts';

export const rm = command({
  name: 'rm',
  summary: 'Remove containers',
  operands: 'NAME…',
  details:
    'What they wrote to their root file systems goes with them. Exits with 1 where there is none of that name, with 2\n' +
    'where it runs, with 125 where something else is wrong.',
  options: {
    force: { kind: 'flag', short: 'f', help: 'Kill those that run first, and do not mind those that are not there' },
    volumes: { kind: 'flag', short: 'v', help: 'Remove volumes without a name that were made for them, too' },
    ignore: { kind: 'flag', short: 'i', help: 'Do not mind those that are not there' },
    all: { ...ALL_OPTION, help: "Remove all containers; 'berth container prune' leaves those alone that run" },
  },
  least: 0,
  most: Infinity,
  exitCodeFor: removeExitCodeFor,
  async run(args, context) {
    const force = args.flag('force');
    const containers = new ContainerClient(context.berthd);
    const names = await selected(containers, { operands: args.operands, all: args.flag('all') }, undefined);
    const turns = { turns: 'together', exitCodeFor: removeExitCodeFor } as const;
    let exitCode = 0;
    let before = Infinity;
    for (let waiting: readonly string[] = names; waiting.length > 0;) {
      const isLast = waiting.length === before; // the round before has removed none of them
      before = waiting.length;
      const later: string[] = [];
      const removed = await forEach(waiting, context, turns, async (container) => {
        try {
          await containers.remove({ container, force, volumes: args.flag('volumes') || undefined });
        } catch (error) {
          const isMissing = isRefusal(error, 'io.berth.Container.NoSuchContainer');
          if (isMissing && (force || args.flag('ignore'))) return undefined;
          if (isLast || !isContainerError(error, 'HasDependents')) throw error;
          later.push(container); // those that share its namespaces may be about to go
          return undefined;
        }
        return container;
      });
      exitCode = Math.max(exitCode, removed);
      waiting = isLast ? [] : later;
    }
    return exitCode;
  },
});
