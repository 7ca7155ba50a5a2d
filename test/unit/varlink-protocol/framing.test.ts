import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { MessageReader, decodeMessage, encodeMessage, encodeReadable } from '../../../src/varlink/framing.ts';
import { ProtocolViolation } from '../../../src/varlink/errors.ts';

const messagesOf = (reader: MessageReader): string[] => {
  const messages: string[] = [];
  for (let message = reader.next(); message !== undefined; message = reader.next()) messages.push(message.toString());
  return messages;
};

describe('MessageReader', () => {
  const wire = Buffer.from('{"a":1}\0{"b":"äöü"}\0\0{"c":[]}\0');
  const messages = ['{"a":1}', '{"b":"äöü"}', '', '{"c":[]}'];

  it('finds the same messages wherever the bytes are split', () => {
    for (let at = 0; at <= wire.length; at++) {
      const reader = new MessageReader(100);
      reader.push(wire.subarray(0, at));
      const first = messagesOf(reader);
      reader.push(wire.subarray(at));
      expect([...first, ...messagesOf(reader)]).toEqual(messages);
      expect(reader.buffered).toBe(0);
    }
  });

  it('finds them in single bytes, and in chunks that came before anyone asked', () => {
    const one = new MessageReader(100);
    const found: string[] = [];
    for (const byte of wire) {
      one.push(Buffer.from([byte]));
      found.push(...messagesOf(one));
    }
    expect(found).toEqual(messages);
    const many = new MessageReader(100);
    for (const byte of wire) many.push(Buffer.from([byte]));
    expect(messagesOf(many)).toEqual(messages);
  });

  it('finds what any messages in any chunks say', () => {
    fc.assert(
      fc.property(fc.array(fc.string().map((s) => s.replaceAll('\0', ''))), fc.array(fc.nat(40)), (texts, cuts) => {
        const bytes = Buffer.from(texts.map((text) => `${text}\0`).join(''));
        const reader = new MessageReader(10_000);
        const found: string[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          reader.push(bytes.subarray(at, at + cut));
          at += cut;
          if (cut % 2 === 0) found.push(...messagesOf(reader));
        }
        expect([...found, ...messagesOf(reader)]).toEqual(texts);
      }),
    );
  });

  it('leaves what stands behind a message alone, and gives it back', () => {
    const reader = new MessageReader(100);
    reader.push(Buffer.from('{}'));
    reader.push(Buffer.from('\0raw \0by'));
    expect(reader.next()?.toString()).toBe('{}');
    reader.push(Buffer.from('tes'));
    expect(reader.buffered).toBe(10);
    expect(reader.rest().toString()).toBe('raw \0bytes');
    expect(reader.buffered).toBe(0);
  });

  it('gives back the beginning of a message too', () => {
    const reader = new MessageReader(100);
    reader.push(Buffer.from('beg'));
    expect(reader.next()).toBeUndefined();
    reader.push(Buffer.from('un'));
    expect(reader.rest().toString()).toBe('begun');
  });

  it('takes a message of exactly the limit, and refuses one byte more before its NUL has come', () => {
    const reader = new MessageReader(8);
    reader.push(Buffer.from('12345678\0'));
    expect(reader.next()?.length).toBe(8);
    reader.push(Buffer.from('1234'));
    expect(reader.next()).toBeUndefined();
    reader.push(Buffer.from('56789'));
    expect(() => reader.next()).toThrow(ProtocolViolation);
  });
});

describe('decodeMessage', () => {
  const decode = (text: string | Buffer, depth = 64): unknown => decodeMessage(Buffer.from(text), depth);

  it.each([
    ['white space before', ' \n\t{"a":1}', { a: 1 }],
    ['white space behind', '{"a":1}\n', { a: 1 }],
    ['all of Unicode', '{"a":"\u{1F6A2} é"}', { a: '\u{1F6A2} é' }],
    ['an escaped NUL', String.raw`{"a":"\u0000"}`, { a: '\0' }],
  ])('takes %s', (_, text, value) => {
    expect(decode(text)).toEqual(value);
  });

  it.each([
    ['nothing', ''],
    ['half of an object', '{"a":'],
    ['two objects', '{}{}'],
    ['an array', '[]'],
    ['a string', '"a"'],
    ['null', 'null'],
    ['a byte order mark', '\uFEFF{}'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['half a character', Buffer.from([0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d])],
    ['a surrogate in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ])('refuses %s', (_, text) => {
    expect(() => decode(text)).toThrow(ProtocolViolation);
  });

  const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

  it.each([2, 5, 64])('takes %i levels and refuses one more', (limit) => {
    expect(() => decode(nested(limit), limit)).not.toThrow();
    expect(() => decode(nested(limit + 1), limit)).toThrow(`deeper than ${limit}`);
  });

  it('refuses a hundred thousand levels without parsing them', () => {
    expect(() => decode(nested(100_000))).toThrow('deeper than 64');
    expect(() => decode('['.repeat(1_000_000))).toThrow('deeper than 64');
  });

  it('does not count brackets in strings, whatever is escaped there', () => {
    const tricky = { a: `${'['.repeat(100)}"`, b: '\\', c: `\\"${'{'.repeat(100)}`, '[[[[': '"[{' };
    expect(decode(JSON.stringify(tricky), 1)).toEqual(tricky);
  });

  it('counts depth as JSON has it', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    fc.assert(
      fc.property(fc.object({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        const depth = depthOf(JSON.parse(text));
        expect(() => decode(text, depth)).not.toThrow();
        if (depth > 1) expect(() => decode(text, depth - 1)).toThrow(ProtocolViolation);
      }),
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decode(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolViolation);
        }
      }),
    );
  });
});

describe('encodeMessage', () => {
  it('writes no white space, no undefined members, and one NUL', () => {
    const bytes = encodeMessage({ a: undefined, b: { c: ['\0', 'x y'] } });
    expect(bytes).toBe(`{"b":{"c":["\\u0000","x y"]}}\0`);
  });

  it('gives back any JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const bytes = Buffer.from(encodeMessage(value as never));
        expect(bytes.indexOf(0)).toBe(bytes.length - 1);
        expect(decodeMessage(bytes.subarray(0, -1), 64)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('encodeReadable', () => {
  it('replaces what other peers hang up on, in names as in values, and nothing else', () => {
    const kept = String.raw`\u0000 \ud800 \\u0000` + '\u0001\u001f"\\\u{1f600}\ufffd';
    expect(decodeMessage(Buffer.from(encodeReadable({ a: kept }).slice(0, -1)), 8)).toEqual({ a: kept });
    const message = { 'n\0': ['\0', '\\\0', 'a\ud83d', '\ude00b', '\ude00\ud83d', { x: '\\\\\0' }] };
    expect(decodeMessage(Buffer.from(encodeReadable(message).slice(0, -1)), 8)).toEqual({
      'n\ufffd': ['\ufffd', '\\\ufffd', 'a\ufffd', '\ufffdb', '\ufffd\ufffd', { x: '\\\\\ufffd' }],
    });
  });

  it('never writes an escape that sd-json refuses', () => {
    const text = fc.string({ unit: fc.constantFrom('\0', '\ud800', '\udfff', '\\', 'u', '0', '"', 'a') });
    fc.assert(
      fc.property(fc.dictionary(text, text), (value) => {
        const written = encodeReadable(value).slice(0, -1);
        const escapes = written.replaceAll(/\\[^u]/g, '').match(/\\u..../g) ?? [];
        expect(escapes.filter((each) => /0000|d[89a-f]../.test(each))).toEqual([]);
        for (const read of Object.values(decodeMessage(Buffer.from(written), 8)))
          expect(typeof read === 'string' && read.isWellFormed()).toBe(true);
      }),
    );
  });
});
