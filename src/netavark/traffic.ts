/** What has gone through the network namespace of a process. */
import { readFile } from 'node:fs/promises';

export interface Traffic {
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** undefined for a process that is gone. The loopback device does not count. */
export async function trafficOf(pid: number): Promise<Traffic | undefined> {
  const text = await readFile(`/proc/${pid}/net/dev`, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH' || error.code === 'EINVAL') return undefined;
    throw error;
  });
  return text === undefined ? undefined : trafficIn(text);
}

/** @param text of /proc/PID/net/dev: a line for each interface, with eight numbers of what was received, and then of what was sent */
export function trafficIn(text: string): Traffic {
  const interfaces = text
    .split('\n')
    .map((line) => /^\s*(?<name>[^:\s]+):\s*(?<numbers>.*)$/u.exec(line)?.groups)
    .filter((groups) => groups !== undefined && groups['name'] !== 'lo')
    .map((groups) => (groups?.['numbers'] ?? '').trim().split(/\s+/u).map(Number));
  const sum = (index: number): number => interfaces.reduce((total, numbers) => total + (numbers[index] ?? 0), 0);
  return { receivedBytes: sum(0), sentBytes: sum(8) };
}
