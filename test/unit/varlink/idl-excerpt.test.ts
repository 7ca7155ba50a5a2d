import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Interface, Member, StructType } from '../../../src/varlink/idl/ast.ts';
import { Excerpts } from '../../../src/varlink/idl/excerpt.ts';
import { formatInterface } from '../../../src/varlink/idl/format.ts';
import { parseInterface } from '../../../src/varlink/idl/parser.ts';
import { CERTIFICATION, HARBOUR, SERVICE } from './corpus.ts';

const SHIPPED = new URL('../../../varlink/', import.meta.url);
const shipped = readdirSync(SHIPPED).map((file) => readFileSync(new URL(file, SHIPPED), 'utf8'));

/** What a member needs, found by walking the text of the whole tree: every type whose name stands in one that is needed. */
function neededFor(tree: Interface, type: StructType): Member[] {
  const types = tree.members.filter(({ kind }) => kind === 'type');
  const needed = new Set<Member>();
  const names = (of: unknown): string[] =>
    [...JSON.stringify(of).matchAll(/"kind":"reference","name":"(?<name>\w+)"/gu)].map((match) => match[1] ?? '');
  const missing = names(type);
  for (let name = missing.pop(); name !== undefined; name = missing.pop()) {
    const found = types.find((each) => each.name === name);
    if (found === undefined || needed.has(found)) continue;
    needed.add(found);
    missing.push(...names(found));
  }
  return types.filter((each) => needed.has(each));
}

/** In an order of their own, and without what is said of them. */
const plain = (members: readonly Member[]): Member[] =>
  members.map((member) => ({ ...member, comment: [] })).toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** Nothing begins on a line of its own. */
const onOneLine = (text: string): string =>
  formatInterface(parseInterface(text.replaceAll(/#.*$/gmu, ''))).replaceAll(/\s+/gu, ' ');

describe.each([
  ['as they are shipped', shipped],
  ['of the corpus', [CERTIFICATION, HARBOUR, SERVICE]],
  ['on one line', [...shipped, HARBOUR].map(onOneLine)],
  ['with the lines of another system', [HARBOUR.replaceAll('\n', '\r\n')]],
])('excerpts of interfaces %s', (_, texts) => {
  it.each(texts.map((text) => [parseInterface(text).name, text]))('have what there is to know of %s', (_, text) => {
    const tree = parseInterface(text);
    const excerpts = new Excerpts(text);
    for (const member of tree.members) {
      if (member.kind === 'type') continue;
      const type = member.kind === 'method' ? member.output : member.parameters;
      const excerpt = excerpts[member.kind](member.name);
      expect(excerpt?.type).toEqual(type);
      expect(plain(excerpt?.tree.members ?? [])).toEqual(plain(neededFor(tree, type)));
    }
  });
});

describe('an excerpt', () => {
  it('is made once', () => {
    const excerpts = new Excerpts(SERVICE);
    expect(excerpts.method('GetInfo')).toBe(excerpts.method('GetInfo'));
  });

  it('is not made for what is not there, or is something else', () => {
    const excerpts = new Excerpts('interface a.b\n# method Gone() -> ()\ntype T (method: T)\nerror E ()\n');
    expect(['Gone', 'T', 'E'].map((name) => excerpts.method(name))).toEqual([undefined, undefined, undefined]);
    expect(excerpts.error('T')).toBeUndefined();
  });
});
