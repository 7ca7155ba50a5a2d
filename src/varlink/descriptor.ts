import type { Duplex } from 'node:stream';
import { Socket } from 'node:net';

/**
 * The descriptor of a socket that is open; undefined for any other stream. Node has it, and shows it to nobody but those who
 * look at what is not documented; it has been there since its first versions.
 */
export function descriptorOf(stream: Duplex): number | undefined {
  if (!(stream instanceof Socket)) return undefined;
  const handle: unknown = Reflect.get(stream, '_handle');
  if (typeof handle !== 'object' || handle === null || !('fd' in handle)) return undefined;
  const { fd } = handle;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
