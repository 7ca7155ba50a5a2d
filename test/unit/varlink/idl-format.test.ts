import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EnumType, Field, Interface, Member, StructType, Type } from '../../../src/varlink/idl/ast.ts';
import { formatInterface } from '../../../src/varlink/idl/format.ts';
import { parseInterface } from '../../../src/varlink/idl/parser.ts';
import { CERTIFICATION, HARBOUR, SERVICE } from './corpus.ts';

const SHIPPED = new URL('../../../varlink/', import.meta.url);
const corpus: [string, string][] = [
  ['org.varlink.service', SERVICE],
  ['org.varlink.certification', CERTIFICATION],
  ['org.example-harbour.Harbour2', HARBOUR],
  ...readdirSync(SHIPPED)
    .filter((file) => file.endsWith('.varlink'))
    .map((file): [string, string] => [file.replace(/\.varlink$/u, ''), readFileSync(new URL(file, SHIPPED), 'utf8')]),
];

const comment = fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '#', '(', 'ü', '"', ',') }), { maxLength: 3 });
const fieldName = fc.stringMatching(/^[A-Za-z](_?[A-Za-z0-9]){0,6}$/u);
const memberName = fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,6}$/u);
const interfaceName = fc.stringMatching(
  /^[A-Za-z](-{0,2}[A-Za-z0-9]){0,3}(\.[A-Za-z0-9](-{0,2}[A-Za-z0-9]){0,3}){1,3}$/u,
);

const enumType: fc.Arbitrary<EnumType> = fc
  .array(fc.record({ name: fieldName, comment }), { minLength: 1, maxLength: 3 })
  .map((values) => ({ kind: 'enum', values }));

const { struct } = fc.letrec<{ type: Type; field: Field; struct: StructType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<Type>(...(['bool', 'int', 'float', 'string', 'object', 'any'] as const).map((kind) => ({ kind }))),
    memberName.map((name): Type => ({ kind: 'reference', name })),
    enumType,
    tie('struct'),
    fc
      .tuple(fc.constantFrom('array' as const, 'map' as const, 'nullable' as const), tie('type'))
      .map(([kind, element]): Type =>
        kind === 'nullable' && element.kind === 'nullable' ? element : { kind, element },
      ),
  ),
  field: fc.record({ name: fieldName, comment, type: tie('type') }),
  struct: fc.array(tie('field'), { maxLength: 3 }).map((fields): StructType => ({ kind: 'struct', fields })),
}));

const member: fc.Arbitrary<Member> = fc.oneof(
  fc.record({ kind: fc.constant('type' as const), name: memberName, comment, type: fc.oneof(struct, enumType) }),
  fc.record({ kind: fc.constant('method' as const), name: memberName, comment, input: struct, output: struct }),
  fc.record({ kind: fc.constant('error' as const), name: memberName, comment, parameters: struct }),
);
const tree: fc.Arbitrary<Interface> = fc.record({
  name: interfaceName,
  comment,
  members: fc.array(member, { maxLength: 4 }),
});

describe('formatInterface', () => {
  it('gives back what parsing gives, for any tree', () => {
    fc.assert(
      fc.property(tree, (tree) => {
        expect(parseInterface(formatInterface(tree))).toEqual(tree);
      }),
    );
  });

  it('writes text that all on one line means the same, comments aside', () => {
    const bare = (text: string): string =>
      text
        .replaceAll(/^\s*#.*$/gmu, '')
        .replaceAll(/\s+/gu, ' ')
        .trim();
    fc.assert(
      fc.property(tree, (tree) => {
        const text = formatInterface(tree);
        expect(bare(formatInterface(parseInterface(bare(text))))).toBe(bare(text));
      }),
    );
  });

  it.each(corpus)('keeps %s', (name, text) => {
    const tree = parseInterface(text);
    expect(tree.name).toBe(name);
    expect(parseInterface(formatInterface(tree))).toEqual(tree);
    expect(formatInterface(parseInterface(formatInterface(tree)))).toBe(formatInterface(tree));
  });

  it('writes systemd’s look', () => {
    expect(formatInterface(parseInterface(HARBOUR))).toBe(HARBOUR);
    expect(formatInterface(parseInterface('interface a.b type E(x,y) method F(a:int)->() error G()'))).toBe(
      'interface a.b\n\ntype E(\n\tx,\n\ty\n)\n\nmethod F(\n\ta: int\n) -> ()\n\nerror G()\n',
    );
  });
});
