import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DETACH_KEYS, DetachMatcher, parseDetachKeys } from '../../../src/stream/detach-keys.ts';

// prettier-ignore
const PARSED: [string, number[] | undefined][] = [
  [DEFAULT_DETACH_KEYS, [16, 17]],
  ['', []],
  ['a', [97]],
  ['a,b,DEL', [97, 98, 127]],
  ['ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_', [0, 27, 28, 29, 30, 31]],
  ['ctrl-a,ctrl-z', [1, 26]],
  ['ctrl-P', undefined],
  ['ctrl-', undefined],
  ['ab', undefined],
  ['a,,b', undefined],
  ['é', undefined],
];

it.each(PARSED)('%j is read as libpod reads it', (text, bytes) => {
  expect(parseDetachKeys(text)).toEqual(bytes === undefined ? undefined : Buffer.from(bytes));
});

/** Everything that goes on, and how much of the input was looked at when the keys came. */
function typed(keys: string, chunks: readonly Buffer[]): { passed: string; detached: boolean } {
  const matcher = new DetachMatcher(Buffer.from(keys));
  let passed = '';
  for (const chunk of chunks) {
    const { passed: more, detached } = matcher.type(chunk);
    passed += more.toString('latin1');
    if (detached) return { passed, detached };
  }
  return { passed: passed + matcher.flush().toString('latin1'), detached: false };
}

describe('the detach keys', () => {
  it('are found wherever reads cut them, and nothing else is kept back', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }),
        fc.array(letters),
        (keys, parts) => {
          const all = parts.join('');
          const at = all.indexOf(keys);
          const expected = at === -1 ? { passed: all, detached: false } : { passed: all.slice(0, at), detached: true };
          expect(
            typed(
              keys,
              parts.map((part) => Buffer.from(part)),
            ),
          ).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are none where there are none', () => {
    expect(typed('', [Buffer.from('\u0010\u0011')])).toEqual({ passed: '\u0010\u0011', detached: false });
  });
});
