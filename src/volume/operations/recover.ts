import type { VolumePorts } from '../ports.ts';

/**
 * Goes on where an earlier berthd died: what was staged for somebody who is written down is there, the rest was for nobody; what was
 * set aside is deleted. What cannot be is logged and left for the next time.
 */
export async function recover(ports: VolumePorts): Promise<void> {
  const { folders, users, trees, log } = ports;
  for (const name of folders.staged()) {
    try {
      if (users.of(name).length > 0) folders.publish(name);
      else folders.setStagedAside(name);
    } catch (error) {
      log.error('A volume that was being made is left alone', { volume: name, error });
    }
  }
  for (const path of folders.leftovers()) {
    await trees.remove(path).catch((error: unknown) => {
      log.error('What is left of a volume could not be deleted', { path, error });
    });
  }
}
