/**
 * What usocket 1.1 gets wrong, put right on one socket.
 *
 * - When the socket is full it tries again later, but without the descriptors: the bus would close the connection.
 * - After a failed write Node destroys the stream, and usocket's own `destroy` closes the descriptor and tells nobody.
 */
import type { BusStream } from 'dbus-next';

/** @param dead called when a write has failed */
export function repair(stream: BusStream, dead: (cause: Error | undefined) => void): void {
  const { _wrap: wrap } = stream;
  if (wrap !== undefined) {
    const write = wrap.write.bind(wrap);
    let held: readonly number[] = [];
    wrap.write = (data, fds = []) => {
      const all = [...held, ...fds];
      const sent = write(data, all);
      held = sent === 0 ? all : [];
      return sent;
    };
  }
  const destroy = stream.destroy.bind(stream);
  stream.destroy = (error) => {
    destroy(error);
    dead(error);
  };
}
