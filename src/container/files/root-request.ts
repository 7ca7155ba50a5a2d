/** Where the files of a container are at this moment. */
import type { HostMount, RootRequest } from '../../archive/request.ts';
import { depthOf } from '../../oci-spec/mounts.ts';
import type { Container } from '../container.ts';
import type { Mount } from '../configuration/configuration.ts';
import { ContainerError } from '../errors.ts';
import { hasLife } from '../status.ts';
import { unitGroup } from '../unit-names.ts';
import type { FilesPorts } from './ports.ts';

/** @throws ContainerError `WrongState` | `NoSuchImage` | `NoSuchVolume` */
export async function rootRequestFor(ports: FilesPorts, container: Container): Promise<RootRequest> {
  const { status, config, unit, name } = container;
  if (hasLife(status) && status.pid !== undefined) {
    return { kind: 'running', pid: status.pid, group: unitGroup(unit) };
  }
  if (hasLife(status) || status.state === 'removing' || status.state === 'unknown')
    throw new ContainerError('WrongState', { container: name, state: status.state, operation: 'copy' });
  const folder = ports.folders.of(container.id);
  ports.folders.makeRoot(folder, container);
  const { mount, mountDirectory, mounts } = await ports.bundles.filesOf(container, folder);
  const access = config.readOnlyRoot ? 'read-only' : 'writable';
  return {
    kind: 'residing',
    mount: [...mount],
    mountDirectory,
    target: folder.root,
    access,
    mounts: hostMounts(mounts),
  };
}

/** A folder before what is mounted below it. What it has as tmpfs begins empty with each start. */
const hostMounts = (mounts: readonly Mount[]): HostMount[] =>
  mounts.flatMap(hostMount).toSorted((a, b) => depthOf(a.destination) - depthOf(b.destination));

const hostMount = ({ kind, source, destination, readOnly, options }: Mount): HostMount[] =>
  kind !== 'bind' || source === undefined
    ? []
    : [
        {
          source,
          destination,
          access: readOnly ? 'read-only' : 'writable',
          extent: options.includes('bind') ? 'it-alone' : 'all-below-too',
        },
      ];
