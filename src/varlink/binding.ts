import type { Interface, StructType } from './idl/ast.ts';
import { parseInterface } from './idl/parser.ts';
import { VarlinkError } from './errors.ts';
import type { Caller, CallOptions, InterfaceDefinition, JsonObject, Upgraded } from './types.ts';
import { checkerFor } from './value.ts';
import type { Check } from './value.ts';

/*
 * What generated code stands on: it knows the types, and this file what happens. Replies, and errors that the interface
 * declares, are checked before they are called what the interface says they are; a newer service may say more.
 */

/** A service answered with something that its interface does not allow. */
export class InvalidReply extends Error {
  override readonly name = 'InvalidReply';
  /** Fully qualified. */
  readonly method: string;
  /** The first bad member, as a path such as `mounts[2].source`. */
  readonly parameter: string;

  constructor(method: string, parameter: string, expected: string) {
    super(`${method} replied with a bad '${parameter}': expected ${expected}`);
    this.method = method;
    this.parameter = parameter;
  }
}

/** Calls the methods of one interface, named without it. */
export class InterfaceClient {
  readonly #name: string;
  readonly #checks: Checks;
  readonly #caller: Caller;

  constructor(definition: InterfaceDefinition, caller: Caller) {
    this.#name = definition.name;
    this.#checks = checksFor(definition);
    this.#caller = caller;
  }

  /** @throws VarlinkError as the service answered it; InvalidReply */
  async call<Output>(method: string, input: JsonObject, options?: CallOptions): Promise<Output> {
    const name = `${this.#name}.${method}`;
    const check = this.#checks.output<Output>(method);
    try {
      return proven(name, check, await this.#caller.call(name, input, options));
    } catch (error) {
      throw this.#checks.normalized(error);
    }
  }

  /** One item for each reply. @throws VarlinkError as the service answered it; InvalidReply */
  async *callMore<Output>(
    method: string,
    input: JsonObject,
    options?: CallOptions,
  ): AsyncGenerator<Output, void, void> {
    const name = `${this.#name}.${method}`;
    const check = this.#checks.output<Output>(method);
    try {
      for await (const reply of this.#caller.callMore(name, input, options)) yield proven(name, check, reply);
    } catch (error) {
      throw this.#checks.normalized(error);
    }
  }

  /** @throws VarlinkError as the service answered it; InvalidReply, and then the stream is closed */
  async upgrade<Output>(method: string, input: JsonObject, options?: CallOptions): Promise<Upgraded<Output>> {
    const name = `${this.#name}.${method}`;
    const check = this.#checks.output<Output>(method);
    try {
      const { reply, stream } = await this.#caller.upgrade(name, input, options);
      try {
        return { reply: proven(name, check, reply), stream };
      } catch (error) {
        stream.destroy();
        throw error;
      }
    } catch (error) {
      throw this.#checks.normalized(error);
    }
  }
}

function proven<T>(method: string, check: Check<T>, reply: JsonObject): T {
  const checked = check(reply);
  if (!checked.ok) throw new InvalidReply(method, checked.parameter, checked.expected);
  return checked.value;
}

/** An error of a known name has the parameters that its interface declares. */
export type TypedError<Parameters> = VarlinkError & { readonly parameters: Parameters };

/** The parameters of an error, which need not be given where there is none that must be. */
export type ErrorArguments<Parameters> = { readonly [member: string]: never } extends Parameters
  ? [parameters?: Parameters]
  : [parameters: Parameters];

/** Makes the errors of an interface; `Errors` has their parameters by their names. */
export function errorsOf<Errors extends Readonly<Record<keyof Errors, JsonObject>>>(
  definition: InterfaceDefinition,
): <Name extends keyof Errors & string>(name: Name, ...parameters: ErrorArguments<Errors[Name]>) => VarlinkError {
  return (name, parameters?: JsonObject) => new VarlinkError(`${definition.name}.${name}`, parameters);
}

/** Tells the errors of an interface from all others, and from one another. One whose parameters do not fit is none of them. */
export function errorTestOf<Errors extends Readonly<Record<keyof Errors, JsonObject>>>(
  definition: InterfaceDefinition,
): <Name extends keyof Errors & string>(error: unknown, name: Name) => error is TypedError<Errors[Name]> {
  return <Name extends keyof Errors & string>(error: unknown, name: Name): error is TypedError<Errors[Name]> => {
    if (!(error instanceof VarlinkError) || error.error !== `${definition.name}.${name}`) return false;
    const checked = checksFor(definition).error(name)?.(error.parameters);
    return checked?.ok === true && checked.value === error.parameters;
  };
}

const cache = new WeakMap<InterfaceDefinition, Checks>();

function checksFor(definition: InterfaceDefinition): Checks {
  const known = cache.get(definition);
  if (known !== undefined) return known;
  const checks = new Checks(definition);
  cache.set(definition, checks);
  return checks;
}

interface Parsed {
  readonly tree: Interface;
  readonly outputs: ReadonlyMap<string, StructType>;
  readonly errors: ReadonlyMap<string, StructType>;
}

/** The tolerant checks of an interface, each compiled when it is first needed: most programs use few of the methods. */
class Checks {
  readonly #definition: InterfaceDefinition;
  #parsed: Parsed | undefined;

  constructor(definition: InterfaceDefinition) {
    this.#definition = definition;
  }

  output<Output>(method: string): Check<Output> {
    const { tree, outputs } = this.#parse();
    const type = outputs.get(method);
    if (type === undefined) throw new Error(`${tree.name} has no method '${method}'`);
    return checkerFor<Output>(tree, type, 'tolerant');
  }

  /** Undefined for an error that the interface does not declare. */
  error(name: string): Check<JsonObject> | undefined {
    const { tree, errors } = this.#parse();
    const type = errors.get(name);
    return type === undefined ? undefined : checkerFor<JsonObject>(tree, type, 'tolerant');
  }

  /** An error of the interface with its parameters in the form the types promise; any other error as it is. */
  normalized(error: unknown): unknown {
    if (!(error instanceof VarlinkError)) return error;
    const prefix = `${this.#definition.name}.`;
    if (!error.error.startsWith(prefix)) return error;
    const checked = this.error(error.error.slice(prefix.length))?.(error.parameters);
    if (checked?.ok !== true || checked.value === error.parameters) return error;
    return new VarlinkError(error.error, checked.value, { cause: error });
  }

  #parse(): Parsed {
    if (this.#parsed !== undefined) return this.#parsed;
    const tree = this.#definition.tree?.() ?? parseInterface(this.#definition.text);
    const outputs = new Map<string, StructType>();
    const errors = new Map<string, StructType>();
    for (const member of tree.members) {
      if (member.kind === 'method') outputs.set(member.name, member.output);
      if (member.kind === 'error') errors.set(member.name, member.parameters);
    }
    this.#parsed = { tree, outputs, errors };
    return this.#parsed;
  }
}
