import type { EnumType, Interface, Member, StructType, Type } from './ast.ts';

/**
 * Writes an interface file in systemd's look: one field to a line, tabs, a blank line between members. The members keep
 * their order, the comments their lines; parsing the result gives an equal tree.
 */
export function formatInterface({ name, comment, members }: Interface): string {
  const head = `${commentLines(comment, '')}interface ${name}\n`;
  return [head, ...members.map((member) => `${commentLines(member.comment, '')}${declaration(member)}\n`)].join('\n');
}

function declaration(member: Member): string {
  switch (member.kind) {
    case 'type':
      return `type ${member.name}${list(member.type, '')}`;
    case 'method':
      return `method ${member.name}${list(member.input, '')} -> ${list(member.output, '')}`;
    case 'error':
      return `error ${member.name}${list(member.parameters, '')}`;
  }
}

/** A type as it stands after a field's colon, begun on a line that is indented by `indent`. */
function formatType(type: Type, indent = ''): string {
  switch (type.kind) {
    case 'nullable':
      return `?${formatType(type.element, indent)}`;
    case 'array':
      return `[]${formatType(type.element, indent)}`;
    case 'map':
      return `[string]${formatType(type.element, indent)}`;
    case 'reference':
      return type.name;
    case 'struct':
    case 'enum':
      return list(type, indent);
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
    case 'object':
    case 'any':
      return type.kind;
  }
}

function list(type: StructType | EnumType, indent: string): string {
  const inner = `${indent}\t`;
  const items =
    type.kind === 'enum'
      ? type.values.map(({ name, comment }) => `${commentLines(comment, inner)}${inner}${name}`)
      : type.fields.map(
          ({ name, comment, type }) => `${commentLines(comment, inner)}${inner}${name}: ${formatType(type, inner)}`,
        );
  return items.length === 0 ? '()' : `(\n${items.join(',\n')}\n${indent})`;
}

function commentLines(comment: readonly string[], indent: string): string {
  return comment.map((line) => `${indent}${line === '' ? '#' : `# ${line}`}\n`).join('');
}
