import { describe, expect, it } from 'vitest';
import { checkInterface, portabilityProblems, undocumented } from '../../../src/varlink/idl/check.ts';
import { flagsOf, proseOf } from '../../../src/varlink/idl/flags.ts';
import { parseInterface } from '../../../src/varlink/idl/parser.ts';
import { CERTIFICATION, HARBOUR, SERVICE } from './corpus.ts';

const lines = (problems: readonly { where: string; problem: string }[]): string[] =>
  problems.map(({ where, problem }) => `${where}: ${problem}`);

describe('checkInterface', () => {
  it.each([SERVICE, CERTIFICATION, HARBOUR])('finds nothing wrong with a sound interface', (text) => {
    expect(checkInterface(parseInterface(text))).toEqual([]);
  });

  const cases: [string, string, string][] = [
    ['a type and a method of one name', 'type T () method T() -> ()', "a.b: a second member 'T'"],
    ['two errors of one name', 'error E () error E ()', "a.b: a second member 'E'"],
    ['a field twice', 'type T (a: int, b: int, a: string)', "T: a second field 'a'"],
    ['a field twice in a nested struct', 'method F() -> (x: []?(a: int, a: int))', "F.output.x: a second field 'a'"],
    ['an enum value twice', 'type T (a: (x, y, x))', "T.a: a second enum value 'x'"],
    ['an undefined type', 'method F(x: (y: ?[]T)) -> ()', "F.input.x.y: the type 'T' is not defined"],
    ['a method used as a type', 'method F(x: F) -> ()', "F.input.x: the type 'F' is not defined"],
    ['an undefined type in an error', 'error E (x: T)', "E.x: the type 'T' is not defined"],
  ];
  it.each(cases)('reports %s', (_, members, problem) => {
    expect(lines(checkInterface(parseInterface(`interface a.b ${members}`)))).toEqual([problem]);
  });
});

describe('portabilityProblems', () => {
  it('finds none in org.varlink.service', () => {
    expect(portabilityProblems(parseInterface(SERVICE))).toEqual([]);
  });

  it('names what peers refuse in org.varlink.certification', () => {
    expect(lines(portabilityProblems(parseInterface(CERTIFICATION)))).toEqual([
      'Interface.foo: nullable elements',
      'MyType.stringset: an empty struct type',
      'Test08.output.set: an empty struct type',
      'Test09.input.set: an empty struct type',
    ]);
  });

  const cases: [string, string, string][] = [
    ['one dot', 'interface a.b', 'a.b: a name needs two dots or more'],
    ['two dashes', 'interface a.b--c.D', 'a.b--c.D: two dashes in a row'],
    ['any', 'interface a.b.C method F(x: ?any) -> ()', "F.input.x: 'any', which only new parsers know"],
    ['an array of arrays', 'interface a.b.C type T (x: [][]int)', 'T.x: a container in a container'],
    ['a map of arrays', 'interface a.b.C type T (x: ?[string][]int)', 'T.x: a container in a container'],
    ['an empty type', 'interface a.b.C type T ()', 'T: an empty struct type'],
    ['capitals in an enum', 'interface a.b.C type T (aB, c)', "T: the enum value 'aB', which is not snake_case"],
  ];
  it.each(cases)('reports %s', (_, text, problem) => {
    expect(lines(portabilityProblems(parseInterface(text)))).toEqual([problem]);
  });
});

describe('undocumented', () => {
  it('lists the interface, members and fields, but not enum values', () => {
    const text =
      "interface a.b.C\ntype E (x, y)\n# [Requires 'more' flag]\nmethod F(a: (b: int)) -> (c: int)\nerror G (d: int)";
    expect(undocumented(parseInterface(text))).toEqual([
      'a.b.C',
      'E',
      'F',
      'G',
      'F.input.a',
      'F.input.a.b',
      'F.output.c',
      'G.d',
    ]);
  });

  it('is content with one line each', () => {
    expect(undocumented(parseInterface('# c\ninterface a.b.C\n# c\nmethod F(\n# c\na: int) -> ()'))).toEqual([]);
  });
});

describe('flagsOf', () => {
  it('reads the flags of every method', () => {
    const methods = parseInterface(HARBOUR).members.filter((member) => member.kind === 'method');
    expect(Object.fromEntries(methods.map((method) => [method.name, flagsOf(method)]))).toEqual({
      Dock: { more: 'no', upgrade: 'no' },
      List: { more: 'no', upgrade: 'no' },
      Watch: { more: 'requires', upgrade: 'no' },
      Find: { more: 'supports', upgrade: 'no' },
      Call: { more: 'no', upgrade: 'requires' },
      Board: { more: 'no', upgrade: 'supports' },
    });
  });

  it('leaves them out of the prose', () => {
    expect(proseOf(['One.', "[Requires 'more' flag]", "Not a [Requires 'more' flag]"])).toEqual([
      'One.',
      "Not a [Requires 'more' flag]",
    ]);
  });
});
