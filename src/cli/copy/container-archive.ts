/** Archives that go into a container and come out of one, by the frames of io.berth.Container. */
import type { Duplex } from 'node:stream';
import { BadFrame, encodeFrame, FrameReader } from '../../stream/frames.ts';
import { ConnectionClosed, ProtocolViolation, VarlinkError } from '../../varlink/errors.ts';
import { parseServerControl } from '../session/session-control.ts';

/** The bytes of an archive. */
export type Archive = AsyncIterable<Uint8Array>;

/** @throws VarlinkError for an error in the midst of it | ConnectionClosed */
export async function* archiveFrom(stream: Duplex): AsyncGenerator<Uint8Array, void, void> {
  const reader = new FrameReader();
  try {
    for await (const chunk of stream) {
      if (!Buffer.isBuffer(chunk)) continue;
      for (const { stream: name, payload } of reader.push(chunk)) {
        if (name === 'stdout') yield payload;
        else if (name !== 'control') throw new ProtocolViolation(`a frame of ${name} where an archive was expected`);
        else return demandSuccess(payload);
      }
    }
  } catch (error) {
    if (error instanceof BadFrame) throw new ProtocolViolation(error.message, { cause: error });
    if (error === stream.errored) throw new ConnectionClosed('the connection was lost', { cause: error });
    throw error;
  } finally {
    stream.destroy();
  }
  throw new ConnectionClosed('the connection ended before the archive');
}

/** @throws VarlinkError | ConnectionClosed | what the archive throws */
export async function archiveTo(stream: Duplex, archive: Archive): Promise<void> {
  const answer = lastWord(stream);
  answer.catch(() => undefined); // told below
  const sent = send(stream, archive);
  sent.catch(() => undefined); // as that
  try {
    // Where it is refused in the midst, the rest is nobody's.
    await Promise.race([answer, sent]);
    await answer;
  } finally {
    stream.destroy();
  }
}

async function send(stream: Duplex, archive: Archive): Promise<void> {
  for await (const bytes of archive) {
    if (stream.destroyed) return;
    if (!stream.write(encodeFrame('stdin', bytes))) await drained(stream);
  }
  stream.write(encodeFrame('stdin', Buffer.alloc(0)));
}

async function drained(stream: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once('drain', resolve).once('close', resolve);
  await promise;
  stream.off('drain', resolve).off('close', resolve);
}

async function lastWord(stream: Duplex): Promise<void> {
  for await (const bytes of archiveFrom(stream)) throw new ProtocolViolation(`${bytes.length} bytes of an archive`);
}

/** @throws VarlinkError */
function demandSuccess(control: Buffer): void {
  const last = parseServerControl(control);
  if (last.type === 'error') throw new VarlinkError(last.error, { ...last.parameters });
  if (last.type !== 'exit' || last.exitCode !== 0) throw new ProtocolViolation('an archive that was detached from');
}
