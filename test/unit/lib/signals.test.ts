import { describe, expect, it } from 'vitest';
import { parseSignal, signalName } from '../../../src/lib/signals.ts';

describe('signals', () => {
  it.each<[string, number | undefined]>([
    ['SIGTERM', 15],
    ['TERM', 15],
    ['term', 15],
    ['sigkill', 9],
    ['15', 15],
    ['64', 64],
    ['0', undefined],
    ['65', undefined],
    ['-1', undefined],
    ['1e1', undefined],
    [' 15', undefined],
    ['', undefined],
    ['SIG', undefined],
    ['SIGNOTHING', undefined],
    ['toString', undefined],
    ['RTMIN', 34],
    ['SIGRTMIN+3', 37],
    ['rtmax', 64],
    ['RTMAX-30', 34],
    ['RTMIN+30', 64],
    ['RTMIN+31', undefined],
    ['RTMIN-1', undefined],
    ['RTMAX+1', undefined],
    ['SIGPOLL', 29],
    ['SIGIOT', 6],
  ])('%j is %s', (text, expected) => {
    expect(parseSignal(text)).toBe(expected);
  });

  it.each<[number, string]>([
    [15, 'SIGTERM'],
    [6, 'SIGABRT'],
    [29, 'SIGIO'],
    [34, 'SIGRTMIN+0'],
    [64, 'SIGRTMIN+30'],
  ])('%i is called %s', (number, name) => {
    expect(signalName(number)).toBe(name);
  });

  it('reads back every name it gives', () => {
    const all = Array.from({ length: 64 }, (_, index) => index + 1);
    expect(all.map((number) => parseSignal(signalName(number)))).toEqual(all);
  });
});
