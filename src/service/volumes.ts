/** io.berth.Volume: each handler translates and delegates. */
import type { ListOutput, PruneOutput, Volume as WireVolume, VolumeHandlers } from '../api/io-berth-volume.ts';
import type { Containers } from '../container/containers.ts';
import { DRIVER, type Volume } from '../volume/volume.ts';
import type { Volumes } from '../volume/volumes.ts';
import { timestamp } from './wire.ts';

export const volumesService = (volumes: Volumes, containers: Pick<Containers, 'remove'>): VolumeHandlers => ({
  async Create({ definition = {} }) {
    return { volume: wireVolume(volumes, await volumes.create(definition)) };
  },
  async Inspect({ volume }) {
    return await Promise.resolve({ volume: wireVolume(volumes, volumes.find(volume)) });
  },
  async *List(): AsyncGenerator<ListOutput> {
    const { volumes: all, wrong } = volumes.list();
    for (const volume of all) yield { volume: wireVolume(volumes, volume) };
    const [first] = wrong;
    if (first !== undefined) throw first;
    await Promise.resolve();
  },
  async Remove({ volume, force = false }, { signal }) {
    if (force) {
      for (const container of volumes.usersOf(volumes.find(volume)))
        await containers.remove(container, { ifRunning: 'kill' }, signal);
    }
    await volumes.remove(volume);
    return {};
  },
  async *Prune({ labels = {} }): AsyncGenerator<PruneOutput> {
    for await (const name of volumes.prune(labels)) yield { name };
  },
});

const wireVolume = (volumes: Volumes, volume: Volume): WireVolume => {
  const { name, createdAt, labels, anonymous, stage } = volume;
  return {
    name,
    driver: DRIVER,
    mountpoint: volumes.dataOf(name),
    createdAt: timestamp(createdAt),
    labels,
    options: {},
    anonymous,
    awaitsContent: stage !== 'filled',
    containers: [...volumes.usersOf(volume)],
  };
};
