import type { Call, InterfaceDefinition, JsonObject } from './types.ts';
import type { Check } from './value.ts';
import type { Interface, Method as MethodTree } from './idl/ast.ts';
import type { MethodFlags } from './idl/flags.ts';
import { checkerFor } from './value.ts';
import { flagsOf } from './idl/flags.ts';
import { interfaceNotFound, methodNotFound, methodNotImplemented } from './errors.ts';
import { parseInterface } from './idl/parser.ts';

/** The interfaces that are served: every method by its qualified name, with its checks compiled. Knows no connections. */

/** What a handler gives: a value, an `Upgrade`, a stream of values, or a promise of one of them. */
export type Handler = (parameters: JsonObject, call: Call) => unknown;

export interface ServedMethod {
  /** Fully qualified. */
  readonly name: string;
  readonly flags: MethodFlags;
  readonly handler: Handler;
  readonly input: Check<JsonObject>;
  readonly output: Check<JsonObject>;
}

export class Service {
  readonly #texts = new Map<string, string>();
  readonly #methods = new Map<string, ServedMethod>();

  /** @throws Error when the interface is served already, IdlError when its text is none */
  add<Handlers extends object>(definition: InterfaceDefinition<Handlers>, handlers: Handlers): void {
    const { name, text } = definition;
    if (this.#texts.has(name)) throw new Error(`${name} is served already`);
    const tree = parseInterface(text);
    if (tree.name !== name) throw new Error(`the definition of ${name} has the text of ${tree.name}`);
    const methods = tree.members.filter((member) => member.kind === 'method');
    for (const method of methods.map((member) => servedMethod(tree, member, handlers))) {
      this.#methods.set(method.name, method);
    }
    this.#texts.set(name, text);
  }

  /** Sorted. */
  get names(): string[] {
    return [...this.#texts.keys()].sort();
  }

  /** The interface file, byte for byte. @throws VarlinkError `InterfaceNotFound` */
  describe(name: string): string {
    const text = this.#texts.get(name);
    if (text === undefined) throw interfaceNotFound(name);
    return text;
  }

  /** @throws VarlinkError `InterfaceNotFound` or `MethodNotFound`; UAPI.20 has the first for an unknown interface */
  method(qualified: string): ServedMethod {
    const method = this.#methods.get(qualified);
    if (method !== undefined) return method;
    const dot = qualified.lastIndexOf('.');
    const name = qualified.slice(0, Math.max(dot, 0));
    throw dot === -1 || this.#texts.has(name) ? methodNotFound(qualified) : interfaceNotFound(name);
  }
}

function servedMethod(tree: Interface, method: MethodTree, handlers: object): ServedMethod {
  const name = `${tree.name}.${method.name}`;
  return {
    name,
    flags: flagsOf(method),
    handler: handlerOf(handlers, method.name) ?? notImplemented(name),
    input: checkerFor<JsonObject>(tree, method.input, 'asked'),
    output: checkerFor<JsonObject>(tree, method.output, 'strict'),
  };
}

const isHandler = (value: unknown): value is Handler => typeof value === 'function';

function handlerOf(handlers: object, name: string): Handler | undefined {
  const value: unknown = Reflect.get(handlers, name);
  return isHandler(value) ? value.bind(handlers) : undefined;
}

function notImplemented(name: string): Handler {
  return () => {
    throw methodNotImplemented(name);
  };
}
