import { describe, expect, it } from 'vitest';
import { IdlError } from '../../../src/varlink/idl/error.ts';
import { parseInterface } from '../../../src/varlink/idl/parser.ts';

const inField = (type: string): string => `interface a.b\ntype U (x: int)\ntype T (a: ${type})\n`;
const withField = (name: string): string => `interface a.b\ntype T (${name}: int)\n`;
const withValue = (name: string): string => `interface a.b\ntype T (${name}, other)\n`;

const accepted: [string, string][] = [
  ['an interface without members', 'interface a.b\n'],
  ['two dashes in a label', 'interface a.b--c\n'],
  ['a label that begins with a digit', 'interface a.1b\n'],
  ['capitals in the interface name', 'interface Org.Foo\n'],
  ['an empty struct type', 'interface a.b\ntype T ()\n'],
  ['an empty struct as a field', inField('()')],
  ['a string set', inField('[string]()')],
  ['an array of arrays', inField('[][]int')],
  ['nullable elements', inField('[]?int')],
  ['a nullable array', inField('?[]int')],
  ['a nullable map', inField('?[string]int')],
  ['a nullable array of nullable maps of enums', inField('?[]?[string](a, b)')],
  ['any', inField('any')],
  ['object', inField('object')],
  ['a field that begins with a capital', withField('Aa')],
  ['an underscore in a field', withField('a_b')],
  ['an underscore in an enum value', withValue('a_b')],
  ['capitals in enum values', withValue('TWO')],
  ['a single enum value', 'interface a.b\ntype T (one)\n'],
  ['a nullable recursive type', 'interface a.b\ntype T (a: ?T)\n'],
  ['a recursive type', 'interface a.b\ntype T (a: T)\n'],
  [
    'fields named like keywords',
    'interface a.b\ntype T (type: int, method: int, error: int, interface: int, string: string)\n',
  ],
  ['a comment before a field', 'interface a.b\ntype T (\n# c\na: int)\n'],
  ['a comment after a comma', 'interface a.b\ntype T (a: int, # c\nb: int)\n'],
  ['a comment after the last field', 'interface a.b\ntype T (a: int # c\n)\n'],
  ['a comment between a name and its list', 'interface a.b\ntype T # c\n(a: int)\n'],
  ['a comment after the interface name', 'interface a.b # c\ntype T (a: int)\n'],
  ['a file that ends in a comment', 'interface a.b\n# c'],
  ['CRLF', 'interface a.b\r\n# c\r\ntype T (a: int)\r\n'],
  ['no final newline', 'interface a.b\nmethod F() -> ()'],
  ['UTF-8 in comments', '# Grüße, 世界 🚢\ninterface a.b\n'],
  ['everything on one line', 'interface a.b type T (a: int) method F(t: T) -> () error E ()'],
  ['no blanks at all', 'interface a.b method F(a:int)->(b:?[]string)error E()'],
  ['an undefined type, a duplicate: not the parser’s business', 'interface a.b\ntype T (a: X, a: X)\ntype T ()\n'],
];

const refused: [string, string, number, number, string][] = [
  ['a name without a dot', 'interface ab\n', 1, 11, "expected an interface name such as org.example.Name, found 'ab'"],
  [
    'a label that ends in a dash',
    'interface a.b-\n',
    1,
    11,
    "expected an interface name such as org.example.Name, found 'a.b-'",
  ],
  [
    'a name that begins with a digit',
    'interface 1a.b',
    1,
    11,
    "expected an interface name such as org.example.Name, found '1a.b'",
  ],
  ['an empty file', '', 1, 1, "expected 'interface', found the end"],
  ['no interface first', '# c\n\ntype T ()', 3, 1, "expected 'interface', found 'type'"],
  ['a byte order mark', '\uFEFFinterface a.b', 1, 1, 'U+FEFF has no meaning here'],
  [
    'a second interface',
    'interface a.b\ninterface c.d',
    2,
    1,
    "expected 'type', 'method' or 'error', found 'interface'",
  ],
  ['two question marks', inField('??int'), 3, 13, "expected a type after '?', found '?'"],
  ['a nullable nothing', inField('?'), 3, 13, "expected a type, found ')'"],
  ['a trailing comma', 'interface a.b\ntype T (a: int,)', 2, 16, "expected a field name, found ')'"],
  ['a trailing comma in an enum', 'interface a.b\ntype T (a,)', 2, 11, "expected an enum value, found ')'"],
  ['an error without a list', 'interface a.b\nerror Foo\nerror Bar ()', 3, 1, "expected '(', found 'error'"],
  ['an error with enum values', 'interface a.b\nerror Foo (a, b)', 2, 13, "expected ':', found ','"],
  ['a method with enum values', 'interface a.b\nmethod F(a, b) -> ()', 2, 11, "expected ':', found ','"],
  ['a method without output', 'interface a.b\nmethod F()\n', 3, 1, "expected '->', found the end"],
  ['two underscores', withField('a__b'), 2, 9, "expected a field or enum value, found 'a__b'"],
  ['a leading underscore', withField('_a'), 2, 9, "expected a field or enum value, found '_a'"],
  ['a closing underscore', withField('a_'), 2, 9, "expected a field or enum value, found 'a_'"],
  ['a dash in an enum value', withValue('a-b'), 2, 9, "expected a field or enum value, found 'a-b'"],
  [
    'a dash in a later field',
    'interface a.b\r\ntype T (a: int,\r\n\tb-c: int)',
    3,
    2,
    "expected a field name, found 'b-c'",
  ],
  ['a field among enum values', withValue('a, b: int'), 2, 13, "expected ',' or ')', found ':'"],
  ['a value among fields', 'interface a.b\ntype T (a: int, b)', 2, 18, "expected ':', found ')'"],
  [
    'a type name in small letters',
    'interface a.b\ntype t ()',
    2,
    6,
    "expected a name that begins with a capital, found 't'",
  ],
  ['a type of small letters', inField('integer'), 3, 12, "expected a type, found 'integer'"],
  ['a type of another interface', inField('c.d.Foo'), 3, 12, "expected a type, found 'c.d.Foo'"],
  ['an alias of a plain type', 'interface a.b\ntype T int', 2, 8, "expected '(', found 'int'"],
  ['a map with other keys', inField('[int]string'), 3, 12, "expected '[]' or '[string]'"],
  ['a blank inside the brackets', inField('[ ]int'), 3, 12, "expected '[]' or '[string]'"],
  ['two names', 'interface a.b\ntype T (a b)', 2, 11, "expected ':', ',' or ')', found 'b'"],
  ['an open list', 'interface a.b\ntype T (a: int', 2, 15, "expected ',' or ')', found the end"],
  ['a stray character', 'interface a.b\ntype T {a: int}', 2, 8, "'{' has no meaning here"],
  ['a letter outside ASCII', 'interface a.b\ntype T (ä: int)', 2, 9, "'ä' has no meaning here"],
  ['a semicolon', 'interface a.b;', 1, 14, "';' has no meaning here"],
];

describe('parseInterface', () => {
  it.each(accepted)('accepts %s', (_, text) => {
    expect(parseInterface(text).name).toMatch(/\./u);
  });

  it.each(refused)('refuses %s', (_, text, line, column, problem) => {
    const lines = text.split(/\r?\n/u).slice(0, line - 1);
    const breaks = text.includes('\r\n') ? 2 : 1;
    const offset = lines.reduce((sum, before) => sum + before.length + breaks, 0) + column - 1;
    expect(catchError(text)).toMatchObject({ line, column, offset, problem, message: `${line}:${column}: ${problem}` });
  });

  it('lets types nest 64 deep, and no deeper', () => {
    const nested = (times: number): string => inField(`${'[]'.repeat(times)}int`);
    expect(() => parseInterface(nested(62))).not.toThrow();
    expect(catchError(nested(63)).problem).toBe('types nest deeper than 64');
    expect(catchError(`interface a.b type T ${'(a:'.repeat(100_000)}`).problem).toBe('types nest deeper than 64');
  });

  it('refuses a name of a million letters without choking on it', () => {
    expect(catchError(`interface a.b type ${'T'.repeat(1_000_000)} ()`).problem).toMatch(/^expected a name .{1,120}$/u);
  });

  it('reads every construct into the tree', () => {
    const text =
      '# I\ninterface a.b\ntype E (x, y)\nmethod F(a: ?[]E) -> (m: [string]?int, s: (n: float))\nerror G (o: object)';
    expect(parseInterface(text)).toEqual({
      name: 'a.b',
      comment: ['I'],
      members: [
        {
          kind: 'type',
          name: 'E',
          comment: [],
          type: {
            kind: 'enum',
            values: [
              { name: 'x', comment: [] },
              { name: 'y', comment: [] },
            ],
          },
        },
        {
          kind: 'method',
          name: 'F',
          comment: [],
          input: {
            kind: 'struct',
            fields: [
              {
                name: 'a',
                comment: [],
                type: { kind: 'nullable', element: { kind: 'array', element: { kind: 'reference', name: 'E' } } },
              },
            ],
          },
          output: {
            kind: 'struct',
            fields: [
              {
                name: 'm',
                comment: [],
                type: { kind: 'map', element: { kind: 'nullable', element: { kind: 'int' } } },
              },
              {
                name: 's',
                comment: [],
                type: { kind: 'struct', fields: [{ name: 'n', comment: [], type: { kind: 'float' } }] },
              },
            ],
          },
        },
        {
          kind: 'error',
          name: 'G',
          comment: [],
          parameters: { kind: 'struct', fields: [{ name: 'o', comment: [], type: { kind: 'object' } }] },
        },
      ],
    });
  });

  it('takes the block directly before a thing as its comment, and nothing else', () => {
    const text = [
      '# a licence',
      '',
      '# The interface,',
      '#   in two lines.',
      'interface a.b # aside',
      '# lost: a blank line follows',
      '',
      '#',
      '#no blank',
      "# [Requires 'more' flag]",
      'method F( # aside',
      '\t# of x',
      '\tx: int, # aside',
      '\t# of y',
      '\ty: (',
      '\t\t# of one',
      '\t\tone,',
      '\t\ttwo',
      '\t\t# of nobody',
      '\t)',
      ') -> ()',
      '# of nobody',
    ].join('\r\n');
    const tree = parseInterface(text);
    expect(tree.comment).toEqual(['The interface,', '  in two lines.']);
    expect(tree.members).toMatchObject([
      {
        comment: ['', 'no blank', "[Requires 'more' flag]"],
        input: {
          fields: [
            { name: 'x', comment: ['of x'] },
            {
              name: 'y',
              comment: ['of y'],
              type: {
                values: [
                  { name: 'one', comment: ['of one'] },
                  { name: 'two', comment: [] },
                ],
              },
            },
          ],
        },
      },
    ]);
  });
});

function catchError(text: string): IdlError {
  try {
    parseInterface(text);
  } catch (error) {
    if (error instanceof IdlError) return error;
    throw error;
  }
  throw new Error('accepted');
}
