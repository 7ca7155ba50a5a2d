import type { Interface, Member, Type } from './ast.ts';
import { proseOf } from './flags.ts';

const SNAKE_CASE = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/u;

/** Something wrong with a tree that the grammar allows. */
export interface IdlProblem {
  /** A dotted path such as `Start.input.mounts`; the name of the interface where the problem is its own. */
  readonly where: string;
  readonly problem: string;
}

/** What makes an interface unusable: names given twice, and types that are not there. */
export function checkInterface(tree: Interface): IdlProblem[] {
  const problems: IdlProblem[] = [];
  const types = new Set(tree.members.filter(({ kind }) => kind === 'type').map(({ name }) => name));
  const twice = (where: string, items: readonly { readonly name: string }[], what: string): void => {
    const names = items.map(({ name }) => name);
    for (const name of names.filter((name, at) => names.indexOf(name) !== at)) {
      problems.push({ where, problem: `a second ${what} '${name}'` });
    }
  };
  twice(tree.name, tree.members, 'member');
  visitTypes(tree, (type, where) => {
    if (type.kind === 'reference' && !types.has(type.name)) {
      problems.push({ where, problem: `the type '${type.name}' is not defined` });
    }
    if (type.kind === 'struct') twice(where, type.fields, 'field');
    if (type.kind === 'enum') twice(where, type.values, 'enum value');
  });
  return problems;
}

/** What at least one of the parsers in use refuses or misreads: systemd's, libvarlink's and python's. */
export function portabilityProblems(tree: Interface): IdlProblem[] {
  const problems: IdlProblem[] = [];
  if (tree.name.split('.').length < 3) problems.push({ where: tree.name, problem: 'a name needs two dots or more' });
  if (tree.name.includes('--')) problems.push({ where: tree.name, problem: 'two dashes in a row' });
  visitTypes(tree, (type, where, role) => {
    for (const problem of unportable(type, role)) problems.push({ where, problem });
  });
  return problems;
}

function unportable(type: Type, role: Role): string[] {
  switch (type.kind) {
    case 'any':
      return ["'any', which only new parsers know"];
    case 'struct':
      return type.fields.length === 0 && role === 'type' ? ['an empty struct type'] : [];
    case 'enum':
      return type.values
        .filter(({ name }) => !SNAKE_CASE.test(name))
        .map(({ name }) => `the enum value '${name}', which is not snake_case`);
    case 'array':
    case 'map':
      if (type.element.kind === 'nullable') return ['nullable elements'];
      return type.element.kind === 'array' || type.element.kind === 'map' ? ['a container in a container'] : [];
    case 'nullable':
    case 'reference':
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
    case 'object':
      return [];
  }
}

/** Where a comment is missing: on the interface, its members, and every field. A method's flag lines explain nothing. */
export function undocumented(tree: Interface): string[] {
  const bare: string[] = [];
  const look = (where: string, comment: readonly string[]): void => {
    if (proseOf(comment).every((line) => line.trim() === '')) bare.push(where);
  };
  look(tree.name, tree.comment);
  for (const { name, comment } of tree.members) look(name, comment);
  visitTypes(tree, (type, where) => {
    if (type.kind === 'struct') for (const { name, comment } of type.fields) look(`${where}.${name}`, comment);
  });
  return bare;
}

/** Whether a type is the list of a method or an error, which alone may be empty everywhere. */
type Role = 'list' | 'type';
type Visit = (type: Type, where: string, role: Role) => void;

/** Every type of the interface, from the outside in; an element is visited at the place of what it is an element of. */
function visitTypes(tree: Interface, visit: Visit): void {
  const walk = (type: Type, where: string, role: Role): void => {
    visit(type, where, role);
    if ('element' in type) walk(type.element, where, 'type');
    if (type.kind === 'struct') for (const field of type.fields) walk(field.type, `${where}.${field.name}`, 'type');
  };
  for (const member of tree.members) for (const [type, where, role] of typesOf(member)) walk(type, where, role);
}

function typesOf(member: Member): [Type, string, Role][] {
  const { name } = member;
  switch (member.kind) {
    case 'type':
      return [[member.type, name, 'type']];
    case 'error':
      return [[member.parameters, name, 'list']];
    case 'method':
      return [
        [member.input, `${name}.input`, 'list'],
        [member.output, `${name}.output`, 'list'],
      ];
  }
}
