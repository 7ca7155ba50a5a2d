import { VolumeError } from '../errors.ts';
import type { VolumePorts } from '../ports.ts';
import type { Volume } from '../volume.ts';

/** @throws VolumeError `NoSuchVolume` | `InvalidVolume` */
export function find({ folders }: Pick<VolumePorts, 'folders'>, name: string): Volume {
  const volume = folders.read(name);
  if (volume === undefined) throw new VolumeError('NoSuchVolume', { volume: name });
  return volume;
}

/** Those that can be read, and what is wrong with the others. */
export const list = ({
  folders,
}: Pick<VolumePorts, 'folders'>): { readonly volumes: readonly Volume[]; readonly wrong: readonly VolumeError[] } =>
  folders.readAll();

/** The folder that containers see. @throws VolumeError `NoSuchVolume` | `InvalidVolume` */
export const dataOf = (ports: Pick<VolumePorts, 'folders'>, name: string): string =>
  ports.folders.dataOf(find(ports, name).name);

/** The names of the containers that were made with it. */
export const usersOf = ({ users }: Pick<VolumePorts, 'users'>, { name }: Pick<Volume, 'name'>): readonly string[] =>
  users.of(name);
