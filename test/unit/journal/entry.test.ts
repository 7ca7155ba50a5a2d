import { describe, expect, it } from 'vitest';
import { parseEntry } from '../../../src/journal/entry.ts';

// Recorded from systemd 257, `journalctl -o json --all --output-fields=…`.
const RECORDED =
  '{"__SEQNUM":"53","_STREAM_ID":"d482b6e4cd134dfd8da43a5d135e4f54","_BOOT_ID":"9a29f518a2d0468a92245ecda16c1f93","_PID":"118","__MONOTONIC_TIMESTAMP":"1313061574","__SEQNUM_ID":"88861fb3ab4743eeafee89ff3dbb7dc2","__REALTIME_TIMESTAMP":"1795306864816304","MESSAGE":"b","_LINE_BREAK":"nul","PRIORITY":"6","__CURSOR":"s=88861fb3ab4743eeafee89ff3dbb7dc2;i=35;b=9a29f518a2d0468a92245ecda16c1f93;m=4e43bac6;t=660d273f0b0b0;x=9c05fd9e1d3a7e24"}';

const entryWith = (fields: object): string => JSON.stringify({ __CURSOR: 'c', __REALTIME_TIMESTAMP: '1', ...fields });

describe('parseEntry', () => {
  it('reads what journalctl prints', () => {
    expect(parseEntry(RECORDED)).toEqual({
      cursor:
        's=88861fb3ab4743eeafee89ff3dbb7dc2;i=35;b=9a29f518a2d0468a92245ecda16c1f93;m=4e43bac6;t=660d273f0b0b0;x=9c05fd9e1d3a7e24',
      usec: 1795306864816304,
      bootId: '9a29f518a2d0468a92245ecda16c1f93',
      message: Buffer.from('b'),
      end: 'nul',
      priority: 6,
      pid: 118,
      streamKey: 'd482b6e4cd134dfd8da43a5d135e4f54',
      fields: {},
    });
  });

  it.each([
    ['text', 'grüße', Buffer.from('grüße')],
    ['bytes that are no text', [0, 255, 27], Buffer.of(0, 255, 27)],
    ['the first of several values', ['one', 'two'], Buffer.from('one')],
    ['the first of several values in bytes', [[1, 2], 'two'], Buffer.of(1, 2)],
    ['nothing, where journalctl left it out', null, Buffer.alloc(0)],
    ['an empty message', '', Buffer.alloc(0)],
  ])('takes as message %s', (_, value, expected) => {
    expect(parseEntry(entryWith({ MESSAGE: value })).message).toEqual(expected);
  });

  it('names the process on whose behalf a line was written', () => {
    expect(parseEntry(entryWith({ _PID: '1', OBJECT_PID: '2' })).pid).toBe(2);
  });

  it("knows podman's partial messages", () => {
    expect(parseEntry(entryWith({ CONTAINER_PARTIAL_MESSAGE: 'true' })).end).toBe('partial');
  });

  it('keeps the fields asked for, and no others', () => {
    const line = entryWith({ CONTAINER_NAME: 'web', CONTAINER_TAG: 'x', OTHER: ['a', 'b'] });
    expect(parseEntry(line, ['CONTAINER_NAME', 'OTHER', 'ABSENT']).fields).toEqual({
      CONTAINER_NAME: 'web',
      OTHER: 'a',
    });
  });

  it.each(['', 'x', '[]', 'null', '{}', '{"__CURSOR":"c"}'])('refuses %j', (line) => {
    expect(() => parseEntry(line)).toThrow(SyntaxError);
  });
});
