import { describe, expect, it } from 'vitest';
import { HelpWanted, parseArguments, UsageError, type Options } from '../../../../src/cli/arguments/args.ts';

const OPTIONS = {
  detach: { kind: 'flag', short: 'd', help: '' },
  quiet: { kind: 'flag', short: 'q', help: '' },
  verify: { kind: 'flag', default: true, help: '' },
  network: { kind: 'text', aliases: ['net'], value: 'NET', help: '' },
  attach: { kind: 'flag-or-texts', short: 'a', value: 'STREAM', help: '' },
  env: { kind: 'texts', short: 'e', value: 'NAME=VALUE', help: '' },
} as const satisfies Options;

const parse = (line: string, optionsEnd?: 'at-first-operand'): object => {
  const args = line === '' ? [] : line.split(' ');
  const parsed = parseArguments(args, { options: OPTIONS, least: 0, most: 4, ...(optionsEnd && { optionsEnd }) });
  return {
    ...(parsed.flag('detach') && { detach: true }),
    ...(parsed.flag('quiet') && { quiet: true }),
    ...(!parsed.flag('verify') && { verify: false }),
    ...(parsed.text('network') !== undefined && { network: parsed.text('network') }),
    ...(parsed.flag('attach') && { attach: parsed.texts('attach') }),
    ...(parsed.texts('env').length > 0 && { env: parsed.texts('env') }),
    ...(parsed.operands.length > 0 && { operands: parsed.operands }),
  };
};

describe('a command line', () => {
  // prettier-ignore
  const cases: [line: string, says: object][] = [
    ['',                              {}],
    ['-d',                            { detach: true }],
    ['--detach a b',                  { detach: true, operands: ['a', 'b'] }],
    ['a -d b',                        { detach: true, operands: ['a', 'b'] }],
    ['-a b',                          { attach: [], operands: ['b'] }],
    ['-ad',                           { attach: [], detach: true }],
    ['-a=x --attach=z',               { attach: ['x', 'z'] }],
    ['--attach=false',                {}],
    ['--detach=TRUE -q=no',           { detach: true }],
    ['-dq',                           { detach: true, quiet: true }],
    ['-d -d',                         { detach: true }],
    ['--detach=false',                {}],
    ['-d=false',                      {}],
    ['--verify=false',                { verify: false }],
    ['--verify=0',                    { verify: false }],
    ['--verify=true',                 {}],
    ['--network host',                { network: 'host' }],
    ['--network=host',                { network: 'host' }],
    ['--net=host',                    { network: 'host' }],
    ['--network= x',                  { network: '', operands: ['x'] }],
    ['--network none --network host', { network: 'host' }],
    ['--network --detach',            { network: '--detach' }],
    ['-e A=1 -e B=2 --env C',         { env: ['A=1', 'B=2', 'C'] }],
    ['-eA=1',                         { env: ['A=1'] }],
    ['-e=A=1',                        { env: ['A=1'] }],
    ['-de A=1',                       { detach: true, env: ['A=1'] }],
    ['-- -d',                         { operands: ['-d'] }],
    ['- x',                           { operands: ['-', 'x'] }],
  ];
  it.each(cases)('%j', (line, says) => {
    expect(parse(line)).toEqual(says);
  });

  it.each([
    ['-d image ls -e --net', { detach: true, operands: ['image', 'ls', '-e', '--net'] }],
    ['image -- x', { operands: ['image', '--', 'x'] }],
    ['-- image -d', { operands: ['image', '-d'] }],
    ['image --help', { operands: ['image', '--help'] }],
  ])('leaves what follows the first operand alone: %j', (line, says) => {
    expect(parse(line, 'at-first-operand')).toEqual(says);
  });

  it.each([
    ['--nope', 'there is no option --nope'],
    ['--nope=1', 'there is no option --nope'],
    ['-x', 'there is no option -x'],
    ['-dx', 'there is no option -x'],
    ['--__proto__', 'there is no option --__proto__'],
    ['--network', '--network needs a value: --network NET'],
    ['-e', '-e needs a value: -e NAME=VALUE'],
    ['--detach=maybe', "--detach is either true or false, not 'maybe'"],
    ['a b c d e', "'e' is too much"],
  ])('is refused: %j', (line, message) => {
    expect(() => parse(line)).toThrow(new UsageError(message));
  });

  it.each(['--help', '-h', '-dh', '--detach --help a b c d e'])('asks for help: %j', (line) => {
    expect(() => parse(line)).toThrow(HelpWanted);
  });
});
