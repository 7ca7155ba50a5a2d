/** Starts that are made once, however often berthd goes away before it has answered. */
import { isContainerError, type ContainerClient } from '../../api/io-berth-container.ts';
import { askAgain, Losses } from './persistence.ts';

/** Starts a container. @param before the run that there was of it already */
export async function startOnce(
  containers: ContainerClient,
  { container, recursive, before }: { container: string; recursive?: boolean | undefined; before?: string | undefined },
): Promise<void> {
  const losses = new Losses();
  for (;;) {
    try {
      await containers.start({ container, recursive });
      return;
    } catch (error) {
      losses.add(error);
    }
    if ((await fateOfStart(containers, container, before)) === 'started') return;
  }
}

/** What has become of a start that nobody has answered. @param before the run that there was of the container already */
export async function fateOfStart(
  containers: ContainerClient,
  container: string,
  before: string | undefined,
): Promise<'started' | 'not-started'> {
  try {
    const { runtime } = await askAgain(async () => await containers.inspect({ container }));
    const { state, invocationId } = runtime;
    if (state === 'configured' || state === 'created') return 'not-started';
    return invocationId === undefined || invocationId === before ? 'not-started' : 'started';
  } catch (error) {
    // It was to be removed at its end, and has ended.
    if (isContainerError(error, 'NoSuchContainer')) return 'started';
    throw error;
  }
}
