import type { Context } from '../command.ts';
import { EXIT, type ExitCodeFor } from './exit-codes.ts';
import { OutputClosed } from './output.ts';
import { isRefusal } from '../refusals.ts';

/**
 * Says what went wrong. The sentences are loaded now and not before.
 * @returns the exit code
 * @throws OutputClosed when that is what it is
 */
export async function report(
  error: unknown,
  { output }: Pick<Context, 'output'>,
  exitCodeFor: ExitCodeFor = usualExitCodeFor,
): Promise<number> {
  if (error instanceof OutputClosed) throw error;
  const { sentenceFor } = await import('./errors.ts');
  await output.complain(sentenceFor(error));
  return exitCodeFor(error);
}

const INTERFACES = ['io.berth.Container', 'io.berth.Image', 'io.berth.Network', 'io.berth.Volume'] as const;

/** @param codes by the names of errors */
const exitCodes =
  (codes: Readonly<Record<string, number>>, otherwise: number): ExitCodeFor =>
  (error) =>
    Object.entries(codes).find(([name]) => INTERFACES.some((each) => isRefusal(error, `${each}.${name}`)))?.[1] ??
    otherwise;

const COMMANDS_OF_CONTAINERS = { CommandNotFound: EXIT.notFound, CommandNotExecutable: EXIT.notExecutable };

/** Whatever else is wrong, podman exits with the same as where other codes are those of a container. */
const usualExitCodeFor = exitCodes(COMMANDS_OF_CONTAINERS, EXIT.berthFailed);

/** podman-rm(1), podman-rmi(1), podman-network-rm(1) and podman-volume-rm(1). */
export const removeExitCodeFor = exitCodes(
  {
    NoSuchContainer: EXIT.notThere,
    WrongState: EXIT.inTheWay,
    NoSuchImage: EXIT.notThere,
    ImageInUse: EXIT.inTheWay,
    NoSuchNetwork: EXIT.notThere,
    NetworkInUse: EXIT.inTheWay,
    NoSuchVolume: EXIT.notThere,
    VolumeInUse: EXIT.inTheWay,
  },
  EXIT.berthFailed,
);
