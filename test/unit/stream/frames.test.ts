import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadFrame, encodeFrame, FrameReader, STREAMS, type Frame } from '../../../src/stream/frames.ts';

const frames = fc.array(fc.record({ stream: fc.constantFrom(...STREAMS), payload: fc.uint8Array({ maxLength: 40 }) }));
const plain = (list: readonly Frame[]): unknown[] => list.map(({ stream, payload }) => [stream, [...payload]]);

describe('frames', () => {
  it('come out as they went in, wherever the bytes are cut', () => {
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
        expect(plain(read)).toEqual(list.map(({ stream, payload }) => [stream, [...payload]]));
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

  it('know when one has begun and not ended', () => {
    const reader = new FrameReader();
    expect(reader.push(encodeFrame('stdin', Buffer.from('abc')).subarray(0, 9))).toEqual([]);
    expect(reader.midFrame).toBe(true);
  });
});
