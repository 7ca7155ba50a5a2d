import type { VolumePorts } from '../ports.ts';

/**
 * Goes on where an earlier berthd died: what was staged for somebody who is written down is there, the rest was for nobody. What
 * cannot be is logged and left for the next time.
 */
export function recover({ folders, users, log }: VolumePorts): void {
  for (const name of folders.staged()) {
    try {
      if (users.of(name).length > 0) folders.publish(name);
      else folders.setStagedAside(name);
    } catch (error) {
      log.error('A volume that was being made is left alone', { volume: name, error });
    }
  }
}

/** Deletes what earlier removals have left, which may take its time; what cannot be is logged and left for the next time. */
export async function sweep({ folders, trees, log }: VolumePorts): Promise<void> {
  for (const path of folders.leftovers()) {
    await trees.remove(path).catch((error: unknown) => {
      log.error('What is left of a volume could not be deleted', { path, error });
    });
  }
}
