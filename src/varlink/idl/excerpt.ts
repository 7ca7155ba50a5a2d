import type { Interface, Member, StructType, Type } from './ast.ts';
import { parseInterface, parseMember } from './parser.ts';

/**
 * The parts of an interface file, each read when it is first asked for. A program that calls one method of a large interface
 * would otherwise read all of it first, which takes as long as the call.
 *
 * A line that begins with `type`, `method` or `error` and a name begins such a member, whatever stands around it: within a member
 * or a comment there is no such line. A member that begins otherwise, and one that is not there, is looked for in everything.
 */
export class Excerpts {
  readonly #text: string;
  #whole: Interface | undefined;
  readonly #members = new Map<string, Member | undefined>();
  readonly #excerpts = new Map<StructType, Excerpt>();

  /** @param text without faults, as `parseInterface` takes it */
  constructor(text: string) {
    this.#text = text;
  }

  /** A method, with the types that its output is made of; undefined if there is none of this name. */
  method(name: string): Excerpt | undefined {
    const member = this.#member('method', name);
    return member?.kind === 'method' ? this.#excerpt(member.output) : undefined;
  }

  /** An error, with the types that its parameters are made of; undefined if there is none of this name. */
  error(name: string): Excerpt | undefined {
    const member = this.#member('error', name);
    return member?.kind === 'error' ? this.#excerpt(member.parameters) : undefined;
  }

  #excerpt(type: StructType): Excerpt {
    const known = this.#excerpts.get(type);
    if (known !== undefined) return known;
    const found = new Map<string, Member>();
    const missing = [...referencesOf(type)];
    for (let name = missing.pop(); name !== undefined; name = missing.pop()) {
      const member = found.has(name) ? undefined : this.#member('type', name);
      if (member?.kind !== 'type') continue;
      found.set(name, member);
      missing.push(...referencesOf(member.type));
    }
    const excerpt = { tree: { name: '', comment: [], members: [...found.values()] }, type };
    this.#excerpts.set(type, excerpt);
    return excerpt;
  }

  #member(kind: Member['kind'], name: string): Member | undefined {
    const key = `${kind} ${name}`;
    if (this.#members.has(key)) return this.#members.get(key);
    const offset = this.#offsetOf(key);
    const member = offset === undefined ? this.#inAll(kind, name) : parseMember(this.#text, offset);
    this.#members.set(key, member);
    return member;
  }

  /** Where a line begins so, and the name ends there. */
  #offsetOf(words: string): number | undefined {
    const line = `\n${words}`;
    for (let at = this.#text.indexOf(line); at >= 0; at = this.#text.indexOf(line, at + 1)) {
      if (!/[A-Za-z0-9]/u.test(this.#text.charAt(at + line.length))) return at + 1;
    }
    return undefined;
  }

  #inAll(kind: Member['kind'], name: string): Member | undefined {
    this.#whole ??= parseInterface(this.#text);
    return this.#whole.members.find((each) => each.kind === kind && each.name === name);
  }
}

/** A type, and in the tree every type that it refers to; what is said before a member is left out. */
export interface Excerpt {
  readonly tree: Interface;
  readonly type: StructType;
}

function* referencesOf(type: Type): Generator<string> {
  switch (type.kind) {
    case 'reference':
      yield type.name;
      return;
    case 'array':
    case 'map':
    case 'nullable':
      yield* referencesOf(type.element);
      return;
    case 'struct':
      for (const field of type.fields) yield* referencesOf(field.type);
      return;
    case 'bool':
    case 'int':
    case 'float':
    case 'string':
    case 'object':
    case 'any':
    case 'enum':
  }
}
