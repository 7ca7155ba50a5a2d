import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogsOutput } from '../../../src/api/io-berth-container.ts';
import type { LogLine } from '../../../src/journal/journal.ts';
import { logReplies, textsOf, type ReplyOptions } from '../../../src/service/log-lines.ts';

const line = (text: string | Buffer, more: Partial<LogLine> = {}): LogLine => ({
  cursor: `after ${text.toString()}`,
  usec: 1,
  stream: 'stdout',
  bytes: Buffer.from(text),
  terminated: true,
  pid: 1,
  bootId: 'b',
  fields: {},
  ...more,
});

async function repliesTo(options: ReplyOptions, ...batches: readonly LogLine[][]): Promise<LogsOutput[]> {
  const log = (async function* () {
    for (const batch of batches) yield await Promise.resolve(batch);
  })();
  const replies: LogsOutput[] = [];
  for await (const reply of logReplies(log, options)) replies.push(reply);
  return replies;
}

const messagesOf = ({ lines = [] }: LogsOutput): unknown[] =>
  lines.map(({ message, messageBase64 }) => message ?? { messageBase64 });

describe('replies of Logs', () => {
  const batch = [line('a'), line('b'), line('err', { stream: 'stderr' }), line('c'), line('d', { terminated: false })];

  it('have the lines that are there at once, each by itself', async () => {
    const replies = await repliesTo({ lines: 'each', pace: 'at-once' }, batch, [line('e')]);
    expect(replies.map(messagesOf)).toEqual([['a', 'b', 'err', 'c', 'd'], ['e']]);
  });

  it('have those of one stream as one, where that is enough, with the place of the last', async () => {
    const replies = await repliesTo({ lines: 'together', pace: 'at-once' }, batch, [line('e')]);
    expect(replies.map(messagesOf)).toEqual([['a\nb', 'err', 'c\nd'], ['e']]);
    expect(replies[0]?.lines?.map(({ terminated, cursor }) => [terminated, cursor])).toEqual([
      [true, 'after b'],
      [true, 'after err'],
      [false, 'after d'],
    ]);
  });

  it('are few where nobody waits for each, and made before all lines are there', async () => {
    expect((await repliesTo({ lines: 'together', pace: 'few' }, batch, [line('e')], batch)).map(messagesOf)).toEqual([
      ['a\nb', 'err', 'c\nde\na\nb', 'err', 'c\nd'],
    ]);
    const batches = Array.from({ length: 1000 }, () => [line('x'.repeat(984))]);
    const replies = await repliesTo({ lines: 'each', pace: 'few' }, ...batches);
    expect(replies.map(({ lines = [] }) => lines.length)).toEqual([...Array.from({ length: 18 }, () => 53), 46]);
  });

  it('are bounded, however many lines there are at once, and however long', async () => {
    const long = 'x'.repeat(40_000);
    const kinds = ['each', 'together'] as const;
    for (const options of kinds.flatMap((lines) => [
      { lines, pace: 'at-once' } as const,
      { lines, pace: 'few' } as const,
    ])) {
      const many = Array.from({ length: 20_000 }, () => line('')).concat(line(long), line(long), line(long));
      const replies = await repliesTo(options, many);
      const sizes = replies.map((reply) => JSON.stringify(reply).length);
      expect(Math.max(...sizes)).toBeLessThan(256 * 1024);
      const text = replies.flatMap(({ lines = [] }) => lines.map(({ message = '' }) => `${message}\n`)).join('');
      expect(text).toBe(`${'\n'.repeat(20_000)}${`${long}\n`.repeat(3)}`);
    }
  });
});

it('the text of lines is what was written', () => {
  const stream = fc.constantFrom<LogLine['stream']>('stdout', 'stderr');
  const lines = fc.array(fc.record({ bytes: fc.uint8Array({ maxLength: 5 }), terminated: fc.boolean(), stream }));
  fc.assert(
    fc.property(lines, (written) => {
      const texts = [...textsOf(written.map((each) => line('', { ...each, bytes: Buffer.from(each.bytes) })))];
      for (const one of ['stdout', 'stderr'] as const) {
        const expected = written
          .filter((each) => each.stream === one)
          .flatMap(({ bytes, terminated }) => [Buffer.from(bytes), Buffer.from(terminated ? '\n' : '')]);
        const found = texts.filter((each) => each.stream === one).map(({ bytes }) => bytes);
        expect(Buffer.concat(found)).toEqual(Buffer.concat(expected));
      }
      expect(texts.every((each, index) => each.stream !== texts[index + 1]?.stream)).toBe(true);
    }),
  );
});
