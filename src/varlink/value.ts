import type { EnumType, Field, Interface, StructType, Type } from './idl/ast.ts';

/**
 * Checks values, as JSON.parse gives them, against the types of an interface. A type is compiled once into closures; a
 * check then walks the value alone, throws nothing, changes nothing that it is given, and copies only what it must change:
 *
 * - a member that may be missing is absent, undefined or null alike, and comes out absent;
 * - an `int` may come as a decimal string, as systemd sends and accepts it, and comes out as a number. One beyond ±(2^53-1)
 *   is refused, whichever way it comes: JSON.parse has rounded it already, or a number could not hold it;
 * - null elements of arrays and maps stay null where their type has a `?`.
 *
 * `strict` is for what a service answers: it refuses members that the interface does not name. `asked` is for what it is asked, and
 * refuses text with NUL or lone surrogates besides, which no program, file or peer takes. `tolerant` is for what a client is
 * answered: a newer service may send members and enum values that this side has not heard of yet.
 */
export type Mode = 'asked' | 'strict' | 'tolerant';

export type Checked<T> = { readonly ok: true; readonly value: T } | Refused;

export interface Refused {
  readonly ok: false;
  /** The first bad member, such as `mounts[2].source` or `labels["a"]`; empty if it is the value itself. */
  readonly parameter: string;
  /** What should have been there: `a string`. */
  readonly expected: string;
}

export type Check<T> = (value: unknown) => Checked<T>;

/**
 * The check for a type of an interface, compiled when it is first asked for; `T` is what the caller knows the type to be in TypeScript.
 * @throws Error where the type refers to one that the interface does not have, which `checkInterface` reports
 */
export function checkerFor<T>(tree: Interface, type: Type, mode: Mode): Check<T> {
  const { node, failure } = compilerFor(tree, mode).compile(type);
  const passed = (result: unknown): result is T => result !== FAILED; // the check is the proof
  return (value) => {
    const result = node(value);
    if (passed(result)) return { ok: true, value: result };
    return { ok: false, parameter: failure.path, expected: failure.expected };
  };
}

const compilers: Readonly<Record<Mode, WeakMap<Interface, Compiler>>> = {
  asked: new WeakMap(),
  strict: new WeakMap(),
  tolerant: new WeakMap(),
};

function compilerFor(tree: Interface, mode: Mode): Compiler {
  const known = compilers[mode].get(tree);
  if (known !== undefined) return known;
  const compiler = new Compiler(tree, mode);
  compilers[mode].set(tree, compiler);
  return compiler;
}

/** Gives the value back, or what it stands for, or `FAILED` once it has said why in the compiler's `Failure`. */
type Node = (value: unknown) => unknown;

interface Failure {
  path: string;
  expected: string;
}

interface Slot {
  readonly name: string;
  readonly node: Node;
  readonly nullable: boolean;
  /** Every object seems to have a member of this name, such as `constructor`. */
  readonly inherited: boolean;
}

const FAILED = Symbol('failed');
/** A value of a recursive type may refer to itself this many times; the call stack holds many more. */
const MAX_RECURSION = 500;
const SHOWN_KEY = 64;
const DECIMAL = /^-?\d{1,16}$/u;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isString = (value: unknown): value is string => typeof value === 'string';
const isSoundText = (value: unknown): boolean => isString(value) && !value.includes('\0') && value.isWellFormed();

function isArray(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

class Compiler {
  readonly #types = new Map<string, Type>();
  readonly #compiled = new WeakMap<Type, Node>();
  readonly #references = new Map<string, Node>();
  readonly #tolerant: boolean;
  readonly #isText: (value: unknown) => boolean;
  readonly #failure: Failure = { path: '', expected: '' };
  #recursion = 0;

  constructor(tree: Interface, mode: Mode) {
    for (const member of tree.members) if (member.kind === 'type') this.#types.set(member.name, member.type);
    this.#tolerant = mode === 'tolerant';
    this.#isText = mode === 'asked' ? isSoundText : isString;
  }

  compile(type: Type): { node: Node; failure: Readonly<Failure> } {
    const node = this.#compiled.get(type) ?? this.#node(type);
    this.#compiled.set(type, node);
    return { node, failure: this.#failure };
  }

  #node(type: Type): Node {
    switch (type.kind) {
      case 'bool':
        return this.#plain((value) => typeof value === 'boolean', 'a boolean');
      case 'int':
        return this.#int();
      case 'float':
        return this.#plain((value) => Number.isFinite(value), 'a finite number');
      case 'string':
        return this.#plain(this.#isText, 'a string');
      case 'object':
        return this.#plain(isObject, 'an object');
      case 'any':
        return this.#plain((value) => value !== null && value !== undefined, 'anything but null');
      case 'enum':
        return this.#enum(type);
      case 'struct':
        return this.#struct(type);
      case 'array':
        return this.#array(this.#node(type.element));
      case 'map':
        return this.#map(this.#node(type.element));
      case 'nullable':
        return nullable(this.#node(type.element));
      case 'reference':
        return this.#reference(type.name);
    }
  }

  #plain(fits: (value: unknown) => boolean, expected: string): Node {
    return (value) => (fits(value) ? value : this.#fail(expected));
  }

  #int(): Node {
    const expected = 'an integer between -(2^53-1) and 2^53-1';
    return (value) => {
      if (Number.isSafeInteger(value)) return value;
      if (typeof value !== 'string' || !DECIMAL.test(value)) return this.#fail(expected);
      const converted = Number(value);
      return Number.isSafeInteger(converted) ? converted : this.#fail(expected);
    };
  }

  #enum({ values }: EnumType): Node {
    const names = new Set(values.map(({ name }) => name));
    const expected = this.#tolerant ? 'a string' : `one of ${[...names].join(', ')}`;
    if (this.#tolerant) return this.#plain((value) => typeof value === 'string', expected);
    return this.#plain((value) => typeof value === 'string' && names.has(value), expected);
  }

  /** Compiled when it is first met, so that a type can refer to itself. */
  #reference(name: string): Node {
    const known = this.#references.get(name);
    if (known !== undefined) return known;
    const type = this.#types.get(name);
    if (type === undefined) throw new Error(`the interface has no type '${name}'`);
    let target: Node | undefined;
    const node: Node = (value) => {
      if (target === undefined || this.#recursion === MAX_RECURSION) return this.#fail('less deeply nested');
      this.#recursion++;
      const result = target(value);
      this.#recursion--;
      return result;
    };
    this.#references.set(name, node);
    target = this.#node(type);
    return node;
  }

  #struct({ fields }: StructType): Node {
    const slots = fields.map((field) => this.#slot(field));
    const names = new Set(fields.map(({ name }) => name));
    return (value) => {
      if (!isObject(value)) return this.#fail('an object');
      let result = value;
      let known = 0;
      for (const { name, node, nullable, inherited } of slots) {
        const member = inherited && !Object.hasOwn(value, name) ? undefined : value[name];
        if (member !== undefined) known++;
        if (nullable && (member === undefined || member === null)) {
          if (member === null) {
            if (result === value) result = { ...value };
            delete result[name];
          }
          continue;
        }
        const checked = node(member);
        if (checked === FAILED) return this.#failIn(name);
        if (checked !== member) {
          if (result === value) result = { ...value };
          result[name] = checked;
        }
      }
      return this.#tolerant || !this.#hasMore(value, known, names) ? result : FAILED;
    };
  }

  #slot({ name, type }: Field): Slot {
    const nullable = type.kind === 'nullable';
    const node = this.#node(nullable ? type.element : type);
    return { name, node, nullable, inherited: name in Object.prototype };
  }

  /** Whether there are members beyond the known ones; counting them is enough where all is well. */
  #hasMore(value: Record<string, unknown>, known: number, names: ReadonlySet<string>): boolean {
    let count = 0;
    for (const key in value) if (Object.hasOwn(value, key)) count++;
    if (count === known) return false;
    const extra = Object.keys(value).find((key) => !names.has(key) && value[key] !== undefined);
    if (extra === undefined) return false;
    this.#fail('no member of this name');
    this.#failIn(extra.slice(0, SHOWN_KEY));
    return true;
  }

  #array(element: Node): Node {
    return (value) => {
      if (!isArray(value)) return this.#fail('an array');
      let result = value;
      for (let index = 0; index < value.length; index++) {
        const checked = element(value[index]);
        if (checked === FAILED) return this.#failIn(`[${index}]`);
        if (checked !== value[index]) {
          if (result === value) result = [...value];
          result[index] = checked;
        }
      }
      return result;
    };
  }

  #map(element: Node): Node {
    return (value) => {
      if (!isObject(value) || !isPlain(value)) return this.#fail('an object');
      let result = value;
      for (const key of Object.keys(value)) {
        const checked = this.#isText(key) ? element(value[key]) : this.#fail('a string');
        if (checked === FAILED) return this.#failIn(`[${JSON.stringify(key.slice(0, SHOWN_KEY))}]`);
        if (checked !== value[key]) {
          // A key may be `__proto__`: it is the copy's own by now, and so is only a key.
          if (result === value) result = { ...value };
          result[key] = checked;
        }
      }
      return result;
    };
  }

  #fail(expected: string): typeof FAILED {
    this.#failure.path = '';
    this.#failure.expected = expected;
    return FAILED;
  }

  /** Puts the place of what failed before its path, on the way out. */
  #failIn(place: string): typeof FAILED {
    const { path } = this.#failure;
    this.#failure.path = path === '' || path.startsWith('[') ? place + path : `${place}.${path}`;
    return FAILED;
  }
}

function nullable(element: Node): Node {
  return (value) => (value === null || value === undefined ? null : element(value));
}

/** A Map or a class instance has no members that JSON would carry. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
