import { fstatSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { duplicate, newMemory, sharedMemory } from '../../../src/relay/libc.ts';
import { Spool, SPOOL_BYTES } from '../../../src/relay/spool.ts';

const opened: Spool[] = [];
let lines: string[] = [];
let journald: 'sent' | 'full' = 'sent';
let room = Promise.withResolvers<void>();
afterEach(() => {
  for (const spool of opened.splice(0)) spool.close();
  lines = [];
  journald = 'sent';
  room = Promise.withResolvers();
});

/** Another berthd's view of the memory of the last one. */
function open(fd = newMemory('spool', SPOOL_BYTES)): Spool {
  const entries = {
    send: (_: Buffer, message: Buffer, sending: () => void): 'sent' | 'full' => {
      sending();
      if (journald === 'sent') lines.push(message.toString());
      return journald;
    },
    room: async () => {
      await room.promise;
    },
  };
  const memory = sharedMemory(fd, SPOOL_BYTES);
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
  const memory = sharedMemory(leave(first), SPOOL_BYTES);
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

it('sends whole lines together once journald has no room, and line by line again after that', async () => {
  const spool = open();
  journald = 'full';
  const accepted = spool.accept(read(spool, 'one\n\ntwo\nand'));
  journald = 'sent';
  room.resolve();
  await accepted;
  expect(lines).toEqual(['one\n\ntwo']);
  void spool.accept(read(spool, ' three\nfour\n'));
  expect(lines.slice(1)).toEqual(['and three', 'four']);
});

it('reads into more where that is filled at once, and sends what filled all of it together, by whole lines', () => {
  const spool = open();
  const fill = (): void => {
    const text = 'a line\n'.repeat(10_000).slice(0, spool.buffer.length);
    spool.adapt(text.length);
    void spool.accept(read(spool, text));
  };
  const small = spool.buffer.length;
  fill();
  expect(lines).toHaveLength(Math.floor(small / 7));
  const large = spool.buffer.length;
  expect(large).toBeGreaterThan(small);
  lines = [];
  fill();
  expect(spool.buffer).toHaveLength(large);
  expect(lines).toHaveLength(2);
  const texts = lines.join('\n').split('\n');
  expect(texts.slice(1)).toEqual(Array.from({ length: texts.length - 1 }, () => 'a line'));
  for (const each of lines) expect(each.length).toBeLessThanOrEqual(32 * 1024);
  lines = [];
  const rest = 'e\nshort\n';
  spool.adapt(rest.length);
  void spool.accept(read(spool, rest));
  expect(lines.at(-1)).toBe('short');
  expect(spool.buffer).toHaveLength(small);
});

it('costs a page or two until much is read, and again after that', () => {
  const spool = open();
  const blocks = (): number => fstatSync(spool.fd).blocks * 512;
  expect(blocks()).toBeLessThanOrEqual(8192);
  for (let chunk = 0; chunk < 2; chunk++) {
    spool.adapt(spool.buffer.length);
    void spool.accept(spool.buffer.fill('x\n').length);
  }
  expect(blocks()).toBeGreaterThan(65_000);
  const rest = 'x\n'.repeat(5000);
  spool.adapt(rest.length);
  void spool.accept(read(spool, rest));
  expect(blocks()).toBeLessThanOrEqual(8192);
});

it('finds what was read into a large buffer by a berthd that died then', () => {
  const first = open();
  first.adapt(first.buffer.length);
  void first.accept(first.buffer.fill('y\n').length);
  const text = 'a line\n'.repeat(2000);
  read(first, text);
  lines = [];
  open(leave(first)).close();
  expect(`${lines.join('\n')}\n`).toBe(text);
});
