import { VolumeError } from '../errors.ts';
import { newVolume, newVolumeName } from '../new-volume.ts';
import type { VolumePorts } from '../ports.ts';
import { DRIVER, isVolumeName, type Volume } from '../volume.ts';

/** What a client asks for. */
export interface VolumeRequest {
  /** One that nobody has chosen if left out. */
  readonly name?: string | undefined;
  readonly driver?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** What labels take up together; more is no label. */
const MAX_LABEL_BYTES = 2 * 1024 * 1024;

/** @throws VolumeError `InvalidParameter` | `NoSuchDriver` | `VolumeExists` | `InvalidVolume` */
export async function create(ports: VolumePorts, request: VolumeRequest): Promise<Volume> {
  const { name = newVolumeName(), driver = DRIVER, labels = {}, options = {} } = request;
  if (!isVolumeName(name)) throw new VolumeError('InvalidParameter', { parameter: 'definition.name' });
  if (driver !== DRIVER) throw new VolumeError('NoSuchDriver', { driver });
  demandLabels(labels);
  if (Object.keys(options).length > 0) throw new VolumeError('InvalidParameter', { parameter: 'definition.options' });
  return await ports.lane.run(name, async () => {
    if (ports.folders.read(name) !== undefined) throw new VolumeError('VolumeExists', { name });
    const volume = newVolume(ports, name, { anonymous: false, labels });
    ports.folders.stage(volume);
    ports.folders.publish(name);
    return await Promise.resolve(volume);
  });
}

function demandLabels(labels: Readonly<Record<string, string>>): void {
  const entries = Object.entries(labels);
  const size = entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  const isWrong = entries.some(([name, value]) => name === '' || name.includes('\0') || value.includes('\0'));
  if (isWrong || size > MAX_LABEL_BYTES) throw new VolumeError('InvalidParameter', { parameter: 'definition.labels' });
}
