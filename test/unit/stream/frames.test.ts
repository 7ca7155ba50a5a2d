import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadFrame, encodeFrame, FrameReader, STREAMS, type Frame } from '../../../src/stream/frames.ts';

const frames = fc.array(fc.record({ stream: fc.constantFrom(...STREAMS), payload: fc.uint8Array({ maxLength: 40 }) }));
const plain = (list: readonly Frame[]): [string, number[]][] =>
  list.map(({ stream, payload }) => [stream, [...payload]]);

/** What frames say, however they are cut: bytes of one stream that follow one another, each control, each empty frame. */
function said(list: readonly Frame[]): [string, number[]][] {
  const all: [string, number[]][] = [];
  for (const [stream, bytes] of plain(list)) {
    const last = all.at(-1);
    if (last?.[0] === stream && stream !== 'control' && bytes.length > 0 && last[1].length > 0) last[1].push(...bytes);
    else all.push([stream, bytes]);
  }
  return all;
}

describe('frames', () => {
  it('say what went in, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (list, cuts) => {
        const bytes = Buffer.concat(list.map(({ stream, payload }) => encodeFrame(stream, payload)));
        const reader = new FrameReader();
        const read: Frame[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const length = cuts[turn % cuts.length] ?? 1;
          read.push(...reader.push(bytes.subarray(at, at + length)));
          at += length;
        }
        expect(said(read)).toEqual(
          said(list.map(({ stream, payload }) => ({ stream, payload: Buffer.from(payload) }))),
        );
        expect(reader.midFrame).toBe(false);
      }),
    );
  });

  it('have the header that Docker gives them', () => {
    expect(encodeFrame('stderr', Buffer.from('hi'))).toEqual(Buffer.from([2, 0, 0, 0, 0, 0, 0, 2, 0x68, 0x69]));
  });

  it.each([
    ['an unknown stream', [4, 0, 0, 0, 0, 0, 0, 0], 'stream'],
    ['bytes that are not 0', [0, 1, 0, 0, 0, 0, 0, 0], 'stream'],
    ['a length above the limit', [0, 0, 0, 0, 0, 0, 0, 9], 'length'],
  ])('are refused for %s, before their payload comes', (_, header, parameter) => {
    const reader = new FrameReader(8);
    expect(() => reader.push(Buffer.from(header))).toThrow(expect.objectContaining({ name: 'BadFrame', parameter }));
    expect(new BadFrame('x', 'y')).toBeInstanceOf(Error);
  });

  it.each([1, 7, 8, 9, 10])('know when one has begun and not ended, after %d bytes', (bytes) => {
    const reader = new FrameReader();
    const frame = encodeFrame('stdin', Buffer.from('abc'));
    reader.push(frame.subarray(0, bytes));
    expect(reader.midFrame).toBe(true);
    reader.push(frame.subarray(bytes));
    expect(reader.midFrame).toBe(false);
  });

  it('are handed out before they are whole, but for control', () => {
    const reader = new FrameReader();
    const [output, control] = [encodeFrame('stdout', Buffer.from('abc')), encodeFrame('control', Buffer.from('{}'))];
    expect(reader.push(output.subarray(0, 9))).toEqual([{ stream: 'stdout', payload: Buffer.from('a') }]);
    expect(reader.push(output.subarray(9))).toEqual([{ stream: 'stdout', payload: Buffer.from('bc') }]);
    expect(reader.push(control.subarray(0, 9))).toEqual([]);
    expect(reader.push(control.subarray(9))).toEqual([{ stream: 'control', payload: Buffer.from('{}') }]);
  });
});
