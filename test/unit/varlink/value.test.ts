import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Type } from '../../../src/varlink/idl/ast.ts';
import { parseInterface } from '../../../src/varlink/idl/parser.ts';
import { checkerFor } from '../../../src/varlink/value.ts';
import type { Checked, Mode } from '../../../src/varlink/value.ts';

const NAMED = 'type E (one, two) type S (a: int, b: ?string) type Node (next: ?Node, kids: ?[]Node)';

function check(type: string, value: unknown, mode: Mode = 'strict'): Checked<unknown> {
  const tree = parseInterface(`interface a.b ${NAMED} error It (it: ${type})`);
  const it = tree.members.at(-1);
  const found: Type | undefined = it?.kind === 'error' ? it.parameters.fields[0]?.type : undefined;
  if (found === undefined) throw new Error('no type');
  return checkerFor(tree, found, mode)(value);
}

const ok = (value: unknown): unknown => ({ ok: true, value });
const refused = (parameter: string, expected: string): unknown => ({ ok: false, parameter, expected });
const INTEGER = 'an integer between -(2^53-1) and 2^53-1';

describe('checkerFor', () => {
  it.each<[string, unknown, string]>([
    ['string', 'a\0b', ''],
    ['string', 'a\ud800', ''],
    ['[]string', ['a', '\udc00b'], '[1]'],
    ['[string]string', { a: '\0' }, '["a"]'],
    ['[string]int', { 'a\0': 1 }, String.raw`["a\u0000"]`],
    ['(x: ?string)', { x: '\0' }, 'x'],
  ])('%s refuses %j where it is asked for, and only there', (type, value, parameter) => {
    expect(check(type, value, 'asked')).toEqual(refused(parameter, 'a string'));
    for (const mode of ['strict', 'tolerant'] as const) expect(check(type, value, mode)).toEqual(ok(value));
    expect(check(type === 'string' ? 'string' : 'any', '\u{1f600} \u0001', 'asked')).toEqual(ok('\u{1f600} \u0001'));
  });

  const kept: [string, unknown][] = [
    ['bool', false],
    ['int', -9007199254740991],
    ['float', 1],
    ['float', 1.5],
    ['string', ''],
    ['object', {}],
    ['object', { a: null, b: [{}] }],
    ['any', 0],
    ['any', [null]],
    ['E', 'two'],
    ['(x, y)', 'y'],
    ['()', {}],
    ['[]int', []],
    ['[]?int', [null, 1]],
    ['[string]int', { a: 1, constructor: 2 }],
    ['[string]()', { one: {}, two: {} }],
    ['[string]?S', { a: null, b: { a: 1, b: 'x' } }],
    ['?[]S', [{ a: 1 }]],
    ['S', { a: 1, b: undefined }],
    ['(x: ?int)', {}],
    ['(toString: ?int, valueOf: ?E)', {}],
    ['(constructor: int)', { constructor: 1 }],
    ['Node', { next: { kids: [{}, { next: {} }] } }],
  ];
  it.each(kept)('%s takes %j, and gives back the very same', (type, value) => {
    for (const mode of ['strict', 'tolerant'] as const) {
      const result = check(type, value, mode);
      expect(result.ok && result.value).toBe(value);
    }
  });

  const changed: [string, unknown, unknown][] = [
    ['int', '42', 42],
    ['int', '-9007199254740991', -9007199254740991],
    ['[]int', [1, '2', 3], [1, 2, 3]],
    ['[string]int', { a: '1', b: 2 }, { a: 1, b: 2 }],
    ['S', { a: '1', b: null }, { a: 1 }],
    ['S', { a: 1, b: null }, { a: 1 }],
    ['(x: ?int, y: ?(z: ?int))', { x: null, y: { z: null } }, { y: {} }],
    ['[]?int', [undefined, '1'], [null, 1]],
    ['?int', undefined, null],
  ];
  it.each(changed)('%s turns %j into %j, in a copy', (type, value, expected) => {
    const before = structuredClone(value);
    const result = check(type, value);
    expect(result).toStrictEqual(ok(expected));
    expect(value).toStrictEqual(before);
  });

  const bad: [string, unknown, string, string][] = [
    ['bool', 'true', '', 'a boolean'],
    ['bool', null, '', 'a boolean'],
    ['int', 1.5, '', INTEGER],
    ['int', 9007199254740992, '', INTEGER],
    ['int', '9007199254740992', '', INTEGER],
    ['int', '18446744073709551615', '', INTEGER],
    ['int', '', '', INTEGER],
    ['int', ' 1', '', INTEGER],
    ['int', '1e3', '', INTEGER],
    ['int', '0x10', '', INTEGER],
    ['int', true, '', INTEGER],
    ['int', undefined, '', INTEGER],
    ['float', Number.POSITIVE_INFINITY, '', 'a finite number'],
    ['float', Number.NaN, '', 'a finite number'],
    ['float', '1.5', '', 'a finite number'],
    ['string', 1, '', 'a string'],
    ['object', [], '', 'an object'],
    ['object', null, '', 'an object'],
    ['any', null, '', 'anything but null'],
    ['any', undefined, '', 'anything but null'],
    ['E', 'three', '', 'one of one, two'],
    ['E', 'toString', '', 'one of one, two'],
    ['S', [], '', 'an object'],
    ['S', {}, 'a', INTEGER],
    ['S', { a: null }, 'a', INTEGER],
    ['S', { a: 1, b: 2 }, 'b', 'a string'],
    ['S', { a: 1, c: 1 }, 'c', 'no member of this name'],
    ['S', { a: 1, c: null }, 'c', 'no member of this name'],
    ['(constructor: object)', {}, 'constructor', 'an object'],
    ['[]int', {}, '', 'an array'],
    ['[]int', [1, null], '[1]', INTEGER],
    ['[string]int', [], '', 'an object'],
    ['[string]int', new Map([['a', 1]]), '', 'an object'],
    ['[string]int', { 'a "b"': null }, '["a \\"b\\""]', INTEGER],
    ['[string]()', { one: { x: 1 } }, '["one"].x', 'no member of this name'],
    ['(m: [](s: string))', { m: [{ s: '' }, { s: 1 }] }, 'm[1].s', 'a string'],
    ['(m: [string][]S)', { m: { k: [{ a: 1 }, { a: 1, b: 1 }] } }, 'm["k"][1].b', 'a string'],
    ['Node', { kids: [{}, { next: { kids: 1 } }] }, 'kids[1].next.kids', 'an array'],
  ];
  it.each(bad)('%s refuses %j at "%s"', (type, value, parameter, expected) => {
    expect(check(type, value)).toEqual(refused(parameter, expected));
  });

  it('lets a newer service say more than this side knows', () => {
    const reply = { a: 1, new: { x: null } };
    expect(check('S', reply, 'tolerant')).toEqual(ok(reply));
    expect(check('[]E', ['one', 'three'], 'tolerant')).toEqual(ok(['one', 'three']));
    expect(check('[]E', ['one', 3], 'tolerant')).toEqual(refused('[1]', 'a string'));
    expect(check('S', { a: '1', b: null, new: 1 }, 'tolerant')).toStrictEqual(ok({ a: 1, new: 1 }));
  });

  it('takes __proto__ for a name like any other', () => {
    const map: unknown = JSON.parse('{"__proto__": "1", "x": "2"}');
    const result = check('[string]int', map);
    expect(result.ok && JSON.stringify(result.value)).toBe('{"__proto__":1,"x":2}');
    expect(check('[string]S', JSON.parse('{"__proto__": {"b": ""}}'))).toEqual(refused('["__proto__"].a', INTEGER));
    expect(check('S', JSON.parse('{"a": 1, "__proto__": {"b": "x"}}'))).toEqual(
      refused('__proto__', 'no member of this name'),
    );
    expect(check('S', JSON.parse('{"__proto__": {"a": 1}}'))).toEqual(refused('a', INTEGER));
    expect(Object.prototype).not.toHaveProperty('x');
  });

  it('bounds how deep a recursive type is followed', () => {
    const deep: unknown = JSON.parse(`${'{"next":'.repeat(100_000)}{}${'}'.repeat(100_000)}`);
    expect(check('Node', deep)).toMatchObject({ ok: false, expected: 'less deeply nested' });
    expect(check('Node', { next: { next: {} } }).ok).toBe(true);
  });

  it('throws for a type that is not there, when it is compiled', () => {
    const tree = parseInterface('interface a.b error E (x: T)');
    expect(() => checkerFor(tree, { kind: 'reference', name: 'T' }, 'strict')).toThrow("no type 'T'");
  });

  it('answers anything that JSON can say, without throwing or changing it', () => {
    const types = fc.constantFrom(
      'bool',
      'int',
      'float',
      'string',
      'E',
      'S',
      'Node',
      '[]S',
      '[string]?int',
      '(a: ?S, b: []E, c: any)',
    );
    fc.assert(
      fc.property(types, fc.jsonValue(), fc.constantFrom<Mode>('strict', 'tolerant'), (type, value, mode) => {
        const before = JSON.stringify(value);
        const first = check(type, value, mode);
        expect(JSON.stringify(value)).toBe(before);
        if (first.ok) expect(check(type, first.value, mode)).toEqual(first);
        else expect(first.expected).not.toBe('');
      }),
    );
  });
});
