import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EntryReader } from '../../../src/journal/entry-reader.ts';
import type { JournalEntry } from '../../../src/journal/entry.ts';
import { exported } from '../../support/export-format.ts';

/** Recorded from systemd 257, `journalctl -o export --all --output-fields=…`. */
const RECORDED = `__CURSOR=s=88861fb3ab4743eeafee89ff3dbb7dc2;i=35;b=9a29f518a2d0468a92245ecda16c1f93;m=4e43bac6;t=660d273f0b0b0;x=9c05fd9e1d3a7e24
__REALTIME_TIMESTAMP=1795306864816304
__MONOTONIC_TIMESTAMP=1313061574
__SEQNUM=53
__SEQNUM_ID=88861fb3ab4743eeafee89ff3dbb7dc2
_BOOT_ID=9a29f518a2d0468a92245ecda16c1f93
PRIORITY=6
MESSAGE=b
_STREAM_ID=d482b6e4cd134dfd8da43a5d135e4f54
_PID=118
_LINE_BREAK=nul

`;

type Fields = Readonly<Record<string, string | Buffer>>;
const entryWith = (fields: Fields): Fields => ({ __CURSOR: 'c', __REALTIME_TIMESTAMP: '1', ...fields });
const read = (bytes: Buffer, wanted?: readonly string[]): JournalEntry[] => new EntryReader(wanted).push(bytes);
const only = (fields: Fields, wanted?: readonly string[]): JournalEntry | undefined =>
  read(exported(entryWith(fields)), wanted)[0];

describe('EntryReader', () => {
  it('reads what journalctl prints', () => {
    expect(read(Buffer.from(RECORDED))).toEqual([
      {
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
      },
    ]);
  });

  it.each([
    ['text', 'grüße', Buffer.from('grüße')],
    ['text with the sign of a field in it', 'a=b', Buffer.from('a=b')],
    ['bytes that are no text', Buffer.of(0, 255, 27, 10, 10, 61), Buffer.of(0, 255, 27, 10, 10, 61)],
    ['an empty message', '', Buffer.alloc(0)],
    ['no bytes', Buffer.alloc(0), Buffer.alloc(0)],
  ])('takes as message %s', (_, value, expected) => {
    expect(only({ MESSAGE: value })?.message).toEqual(expected);
  });

  it('takes the first of several values, and none that the next entry does not have', () => {
    const text = '__CURSOR=a\n__REALTIME_TIMESTAMP=1\nMESSAGE=one\nMESSAGE=two\nPRIORITY=3\nPRIORITY=4\n\n';
    const next = '__CURSOR=b\n__REALTIME_TIMESTAMP=2\n\n';
    expect(read(Buffer.from(text + next))).toMatchObject([
      { cursor: 'a', message: Buffer.from('one'), priority: 3 },
      { cursor: 'b', message: Buffer.alloc(0), priority: undefined },
    ]);
  });

  it('names the process on whose behalf a line was written', () => {
    expect(only({ _PID: '1', OBJECT_PID: '2' })?.pid).toBe(2);
  });

  it("knows podman's partial messages", () => {
    expect(only({ CONTAINER_PARTIAL_MESSAGE: 'true' })?.end).toBe('partial');
  });

  it('keeps the fields asked for, and no others', () => {
    const fields = { CONTAINER_NAME: 'wäb', CONTAINER_TAG: 'x', OTHER: Buffer.from('a\nb') };
    expect(only(fields, ['CONTAINER_NAME', 'OTHER', 'ABSENT'])?.fields).toEqual({
      CONTAINER_NAME: 'wäb',
      OTHER: 'a\nb',
    });
  });

  it.each([
    ['priority', 'PRIORITY', 'x'],
    ['pid', '_PID', '12345678901234567'],
    ['pid', '_PID', '-1'],
  ] as const)('has no %s where %s is %j', (property, field, value) => {
    expect(only({ [field]: value })?.[property]).toBeUndefined();
  });

  it.each([{}, { __CURSOR: 'c' }, { __CURSOR: 'c', __REALTIME_TIMESTAMP: 'now' }])('refuses %j', (fields) => {
    expect(() => read(exported(fields))).toThrow(SyntaxError);
  });

  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom('a', '=', 'ü', ' ', '__CURSOR=x') }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(Buffer.from('\n\n'), Buffer.from('MESSAGE=no\n\n'), 'x'.repeat(5000)),
  );
  const name = fc.constantFrom('MESSAGE', 'OTHER', 'PASSED_OVER', '_STREAM_ID', 'PRIORITY');
  const fields = fc.dictionary(name, value, { noNullPrototype: true });

  it('reads the same, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 6 }), fc.array(fc.nat(400), { maxLength: 60 }), (all, cuts) => {
        const bytes = exported(...all.map((each, index) => ({ ...entryWith(each), __CURSOR: `c${index}` })));
        const reader = new EntryReader(['OTHER']);
        const entries: JournalEntry[] = [];
        let at = 0;
        for (const cut of cuts) entries.push(...reader.push(Buffer.from(bytes.subarray(at, (at += cut)))));
        entries.push(...reader.push(Buffer.from(bytes.subarray(at))));
        expect(entries.map(({ cursor, message }) => [cursor, message])).toEqual(
          all.map(({ MESSAGE = '' }, index) => [`c${index}`, Buffer.from(MESSAGE)]),
        );
        expect(entries.map((entry) => entry.fields['OTHER'])).toEqual(all.map(({ OTHER }) => OTHER?.toString()));
      }),
    );
  });

  it.each([
    ['a line', Buffer.from(`MESSAGE=${'x'.repeat(17_000_000)}\n`)],
    ['bytes', exported({ MESSAGE: Buffer.alloc(17_000_000, '\n') }).subarray(0, -1)],
    [
      'many bytes that never come',
      exported({ MESSAGE: Buffer.alloc(0) })
        .fill(0xff, 8, 16)
        .subarray(0, 16),
    ],
  ])('leaves out an entry with %s too long to be kept, and reads on after it', (_, long) => {
    const [before, after] = [exported(entryWith({ MESSAGE: 'before' })), exported(entryWith({ MESSAGE: 'after' }))];
    const begun = Buffer.from('__CURSOR=c\n__REALTIME_TIMESTAMP=1\n');
    const bytes = Buffer.concat([before, begun, long, Buffer.from('_PID=1\n\n'), after]);
    const reader = new EntryReader();
    const messages: string[] = [];
    for (let at = 0; at < bytes.length; at += 65_536)
      messages.push(...reader.push(bytes.subarray(at, at + 65_536)).map(({ message }) => message.toString()));
    expect(messages).toEqual(long.length < 100 ? ['before'] : ['before', 'after']);
  });
});
