import type { EnumType, Field, Interface, StructType, Type } from '../idl/ast.ts';
import { proseOf } from '../idl/flags.ts';

/*
 * How things of an interface file are written in TypeScript. Structs become type aliases, not interfaces: only an alias can
 * be passed for a JsonObject.
 */

/** `io.systemd.MachineInstance` → `io-systemd-machine-instance`. */
export function kebabCase(name: string): string {
  return name
    .replaceAll(/(?<=[a-z0-9])(?=[A-Z])/gu, '-')
    .replaceAll('.', '-')
    .toLowerCase();
}

/** The last label of an interface's name, as a name in TypeScript: `org.example.foo-bar` → `FooBar`. */
export function pascalName(name: string): string {
  const labels = name.slice(name.lastIndexOf('.') + 1).split(/-+/u);
  const joined = labels.map((label) => label.charAt(0).toUpperCase() + label.slice(1)).join('');
  return /^\d/u.test(joined) ? `Interface${joined}` : joined;
}

/** `GetInfo` → `getInfo`. */
export function camelName(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** A comment as TSDoc, with its line break; nothing for nothing. */
export function docComment(comment: readonly string[], indent = ''): string {
  const lines = proseOf(comment).map((line) => line.trimEnd().replaceAll('*/', '*\\/'));
  if (lines.every((line) => line === '')) return '';
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) return `${indent}/** ${only} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} *${line === '' ? '' : ` ${line}`}\n`).join('')}${indent} */\n`;
}

/** The lines that explain the values of an enum, to stand below its own comment. */
export function valueDocs({ values }: EnumType): string[] {
  return values.flatMap(({ name, comment }) => {
    const [first, ...rest] = comment;
    return first === undefined ? [] : [`- \`${name}\`: ${first}`, ...rest.map((line) => `  ${line}`)];
  });
}

/** A type as an expression, begun on a line that is indented by `indent`. */
export function typeText(type: Type, indent = ''): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean';
    case 'int':
    case 'float':
      return 'number';
    case 'string':
      return 'string';
    case 'object':
      return 'varlink.JsonObject';
    case 'any':
      return 'NonNullable<varlink.Json>';
    case 'reference':
      return type.name;
    case 'enum':
      return type.values.map(({ name }) => `'${name}'`).join(' | ');
    case 'struct':
      return structText(type, indent);
    case 'array':
      return `readonly ${grouped(type.element, indent)}[]`;
    case 'map':
      return `{ readonly [key: string]: ${typeText(type.element, indent)} }`;
    case 'nullable':
      return `${typeText(type.element, indent)} | null`;
  }
}

/** With parentheses where the text of a type would fall apart before `[]`. */
function grouped(type: Type, indent: string): string {
  const text = typeText(type, indent);
  return type.kind === 'nullable' || type.kind === 'array' || (type.kind === 'enum' && type.values.length > 1)
    ? `(${text})`
    : text;
}

function structText({ fields }: StructType, indent: string): string {
  if (fields.length === 0) return '{ readonly [member: string]: never }';
  return `{\n${fields.map((field) => fieldText(field, `${indent}  `)).join('')}${indent}}`;
}

function fieldText({ name, comment, type }: Field, indent: string): string {
  const doc = docComment([...comment, ...inlineValueDocs(type)], indent);
  if (type.kind !== 'nullable') return `${doc}${indent}readonly ${name}: ${typeText(type, indent)};\n`;
  return `${doc}${indent}readonly ${name}?: ${typeText(type.element, indent)} | undefined;\n`;
}

function inlineValueDocs(type: Type): string[] {
  if ('element' in type) return inlineValueDocs(type.element);
  return type.kind === 'enum' ? valueDocs(type) : [];
}

/** The text as a template literal that evaluates to it, character for character. */
export function templateLiteral(text: string): string {
  return `\`${text.replaceAll(/[\\`]|\$\{/gu, '\\$&').replaceAll('\r', '\\r')}\``;
}

/** A tree without its comments, as an expression; a line for each member. */
export function treeLiteral({ name, members }: Interface): string {
  const bare = (key: string, value: unknown): unknown => (key === 'comment' ? [] : value);
  const lines = members.map((member) => `      ${JSON.stringify(member, bare)},\n`);
  return `{\n    name: '${name}',\n    comment: [],\n    members: [\n${lines.join('')}    ],\n  }`;
}
