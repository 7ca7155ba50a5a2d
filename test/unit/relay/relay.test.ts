import { closeSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { duplicate, makePipe, newMemory, sharedMemory } from '../../../src/relay/libc.ts';
import { ChunkBuffers } from '../../../src/relay/chunk-buffers.ts';
import { Relay } from '../../../src/relay/relay.ts';
import { Spool, SPOOL_BYTES } from '../../../src/relay/spool.ts';

const options = { fields: {}, pid: () => undefined, now: () => new Date(1) };
it('reads nothing before what an earlier berthd has read is logged', async () => {
  const [pipe, other] = [makePipe(), makePipe()];
  const memory = sharedMemory(newMemory('stdout', SPOOL_BYTES), SPOOL_BYTES);
  const full = { send: () => 'full' as const, room: async () => await new Promise<never>(() => undefined) };
  const earlier = new Spool(memory, { ...options, entries: full });
  void earlier.accept(earlier.buffer.write('one\ntwo\nthree\n'));
  const left = duplicate(memory.fd);
  earlier.close();
  writeSync(pipe.writing, 'four\n');

  const lines: string[] = [];
  const read = Promise.withResolvers<void>();
  let journald: 'sent' | 'full' = 'full';
  const entries = {
    send: (_: Buffer, message: Buffer, sending: () => void): 'sent' | 'full' => {
      sending();
      if (journald === 'sent') lines.push(message.toString());
      return journald;
    },
    room: async () => await read.promise,
  };
  const stdout = new Spool(sharedMemory(left, SPOOL_BYTES), { ...options, entries });
  const stderr = new Spool(sharedMemory(newMemory('stderr', SPOOL_BYTES), SPOOL_BYTES), { ...options, entries });
  const relay = new Relay(
    { stdout: pipe.reading, stderr: other.reading },
    {
      form: 'pipes',
      buffers: new ChunkBuffers(),
      logs: { stdout, stderr },
      inputEnded: () => undefined,
      failed: (error) => {
        throw error;
      },
      terminals: { open: () => expect.fail(), setWindowSize: () => undefined, redraw: () => undefined },
    },
  );
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  journald = 'sent';
  read.resolve();
  await expect.poll(() => lines).toEqual(['one\ntwo\nthree', 'four']);
  relay.close();
  for (const fd of [pipe.writing, other.writing]) closeSync(fd);
});
