import type { OciRuntime } from '../../oci/runtime.ts';
import type { Container } from '../container.ts';
import { ContainerError } from '../errors.ts';
import type { Ports } from '../ports.ts';

/** The runtime a container was made for. @throws ContainerError `NoSuchRuntime` when it was taken off the host since */
export function runtimeFor({ runtimes }: Pick<Ports, 'runtimes'>, { config }: Container): OciRuntime {
  const runtime = runtimes.find(config.runtime);
  if (runtime === undefined) throw new ContainerError('NoSuchRuntime', { runtime: config.runtime });
  return runtime;
}
