/** Reads files of /proc and /sys/fs/cgroup, whose length is often for a container to say. */
import { open } from 'node:fs/promises';

/** A process or group that is gone may still be opened, and then not be read. */
const GONE = ['ENOENT', 'ESRCH', 'ENODEV', 'EOPNOTSUPP'];

/** The beginning of a file, `limitBytes` at most; undefined where what it tells of is gone. */
export async function readBeginning(path: string, limitBytes: number): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r');
    const buffer = Buffer.allocUnsafe(limitBytes);
    let length = 0;
    while (length < limitBytes) {
      const { bytesRead } = await file.read(buffer, length, limitBytes - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.toString('utf8', 0, length);
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string' && GONE.includes(error.code))
      return undefined;
    throw error;
  }
}
