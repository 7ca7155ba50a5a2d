import { describe, expect, it } from 'vitest';
import { StandardInput } from '../../../../src/cli/session/input.ts';

const screen = (isTTY: boolean, columns = 0, rows = 0) => ({
  isTTY,
  getWindowSize: (): [number, number] => [columns, rows],
});
const sizeWith = (...screens: ReturnType<typeof screen>[]) =>
  new StandardInput({
    stdin: () => process.stdin,
    screens: () => screens,
    hasTerminal: () => true,
    onExit: () => ({ [Symbol.dispose]: () => undefined }),
  }).size();

describe('the size of the window', () => {
  it('is that of whichever standard stream is a terminal', () => {
    expect(sizeWith(screen(false), screen(false), screen(true, 99, 33))).toEqual({ columns: 99, rows: 33 });
    expect(sizeWith(screen(true, 80, 24), screen(false), screen(true, 99, 33))).toEqual({ columns: 80, rows: 24 });
  });

  it('is not that of a terminal without one', () => {
    expect(sizeWith(screen(true), screen(true, 99, 33))).toEqual({ columns: 99, rows: 33 });
    expect(sizeWith(screen(true), screen(false))).toBeUndefined();
  });
});
