import { closeSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { makePipe, sharedMemory } from '../../../src/relay/libc.ts';
import { Relay } from '../../../src/relay/relay.ts';
import { Spool, SPOOL_BYTES } from '../../../src/relay/spool.ts';

const options = { fields: {}, pid: () => undefined, now: () => new Date(1) };
const never = new Promise<void>(() => undefined);

it('reads nothing before what an earlier berthd has read is logged', async () => {
  const [pipe, other] = [makePipe(), makePipe()];
  const memory = sharedMemory('stdout', SPOOL_BYTES);
  const earlier = new Spool(memory, { ...options, entries: { send: () => never } });
  void earlier.accept(earlier.buffer.write('one\ntwo\nthree\n'));
  earlier.close();
  writeSync(pipe.writing, 'four\n');

  const lines: string[] = [];
  const journald = Promise.withResolvers<void>();
  const send = (_: Buffer, message: Buffer): Promise<void> | undefined => {
    lines.push(message.toString());
    return lines.length === 1 ? journald.promise : undefined; // which has no room for the first
  };
  const stdout = new Spool(sharedMemory('stdout', SPOOL_BYTES, memory.fd), { ...options, entries: { send } });
  const stderr = new Spool(sharedMemory('stderr', SPOOL_BYTES), { ...options, entries: { send } });
  const relay = new Relay(
    { stdout: pipe.reading, stderr: other.reading },
    {
      form: 'pipes',
      logs: { stdout, stderr },
      inputEnded: () => undefined,
      failed: (error) => {
        throw error;
      },
      terminals: { open: () => expect.fail(), setWindowSize: () => undefined, redraw: () => undefined },
    },
  );
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect(lines).toEqual(['two']); // 'one' was the earlier one's to send
  journald.resolve();
  await expect.poll(() => lines).toEqual(['two', 'three', 'four']);
  relay.close();
  for (const fd of [pipe.writing, other.writing, stdout.fd, stderr.fd]) closeSync(fd);
});
