import type { Volume } from '../../api/io-berth-volume.ts';

/** A volume as podman prints one, and the names of its containers besides. */
export const podmanVolume = (volume: Volume): object => ({
  Name: volume.name,
  Driver: volume.driver,
  Mountpoint: volume.mountpoint,
  CreatedAt: new Date((volume.createdAt.realtime ?? 0) / 1000).toISOString(),
  Labels: volume.labels,
  Scope: 'local',
  Options: volume.options,
  Anonymous: volume.anonymous,
  NeedsCopyUp: volume.awaitsContent,
  Containers: volume.containers,
});
