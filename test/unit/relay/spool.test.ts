import { fstatSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { duplicate, sharedMemory } from '../../../src/relay/libc.ts';
import { Spool, SPOOL_BYTES } from '../../../src/relay/spool.ts';

const opened: Spool[] = [];
let lines: string[] = [];
let journald: 'sent' | 'full' = 'sent';
afterEach(() => {
  for (const spool of opened.splice(0)) spool.close();
  lines = [];
  journald = 'sent';
});

/** Another berthd's view of the memory of the last one. */
function open(fd?: number): Spool {
  const entries = {
    send: (_: Buffer, message: Buffer, sending: () => void): 'sent' | 'full' => {
      sending();
      if (journald === 'sent') lines.push(message.toString());
      return journald;
    },
    room: async () => await new Promise<never>(() => undefined),
  };
  const memory = sharedMemory('spool', SPOOL_BYTES, fd);
  const spool = new Spool(memory, { entries, fields: {}, pid: () => undefined, now: () => new Date(1) });
  opened.push(spool);
  return spool;
}

/** What systemd keeps of the memory when berthd lets go of it. */
function leave(spool: Spool): number {
  const kept = duplicate(spool.fd);
  spool.close();
  return kept;
}

/** Puts bytes where the kernel would. @returns how many */
const read = (spool: Spool, text: string): number => spool.buffer.write(text);

it('logs lines, and keeps the beginning of one for the next berthd', () => {
  const first = open();
  void first.accept(read(first, 'one\ntwo\nthr'));
  const second = open(leave(first));
  void second.accept(read(second, 'ee\n'));
  expect(lines).toEqual(['one', 'two', 'three']);
  second.close();
});

it('has what was read by a berthd that died before it could say so', () => {
  const first = open();
  void first.accept(read(first, 'a longer line than those after it, and the beg'));
  read(first, 'inning\nof two\nmore');
  const second = open(leave(first));
  expect(lines).toEqual(['a longer line than those after it, and the beginning', 'of two']);
  expect(second.seam.rest.toString()).toBe('more');
  second.close();
});

it('takes nothing that was logged for something that was read since', () => {
  const first = open();
  void first.accept(read(first, 'one\ntwo\n'));
  open(leave(first)).close();
  expect(lines).toEqual(['one', 'two']);
});

it('does not so either where berthd died before it had made the buffer ready', () => {
  const first = open();
  void first.accept(read(first, 'one\n'));
  const memory = sharedMemory('spool', SPOOL_BYTES, leave(first));
  memory.bytes.fill(0, 0, 8); // all is logged, and the buffer still has it
  memory.bytes.write('one\n', SPOOL_BYTES - first.buffer.length);
  const second = open(duplicate(memory.fd));
  memory.close();
  void second.accept(read(second, 'two\n'));
  open(leave(second)).close();
  expect(lines).toEqual(['one', 'two']);
});

it('sends what journald had no room for when berthd died, and that once', () => {
  const first = open();
  journald = 'full';
  void first.accept(read(first, 'one\ntwo\n'));
  expect(first.seam.rest.toString()).toBe('one\ntwo\n');
  const left = leave(first);
  journald = 'sent';
  open(left).close();
  expect(lines).toEqual(['one', 'two']);
});

it('lets go of its memory once', () => {
  const spool = open();
  const { fd } = spool;
  spool.close();
  expect(() => fstatSync(fd)).toThrow('EBADF');
  spool.close();
});
