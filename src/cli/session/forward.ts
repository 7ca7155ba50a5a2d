import type { ContainerClient } from '../../api/io-berth-container.ts';
import type { Context } from '../command.ts';
import { isRefusal } from '../refusals.ts';
import { report } from '../output/report.ts';

const ENDED = ['io.berth.Container.WrongState', 'io.berth.Container.NoSuchContainer'] as const;

/** Passes a signal on to a container. */
export async function forward(
  containers: ContainerClient,
  id: string,
  signal: NodeJS.Signals,
  context: Context,
): Promise<void> {
  try {
    await containers.kill({ container: id, signal });
  } catch (error) {
    // It has ended meanwhile, which its follower sees.
    if (ENDED.some((name) => isRefusal(error, name))) return;
    await report(error, context);
  }
}
