import type { EnumType, EnumValue, Field, Interface, Member, StructType, Type } from './ast.ts';
import { IdlError } from './error.ts';
import { Lexer } from './lexer.ts';
import type { Token, TokenKind } from './lexer.ts';

/** How deep types may nest, as in systemd: parentheses, arrays, maps and `?` each count one. */
const MAX_DEPTH = 64;
/** Far above any sane name; keeps the patterns below off texts that a hostile peer made. */
const MAX_NAME = 4096;

const INTERFACE_NAME = /^[A-Za-z](-*[A-Za-z0-9])*(\.[A-Za-z0-9](-*[A-Za-z0-9])*)+$/u;
const MEMBER_NAME = /^[A-Z][A-Za-z0-9]*$/u;
const FIELD_NAME = /^[A-Za-z](_?[A-Za-z0-9])*$/u;

/**
 * Reads an interface file: the whole grammar of UAPI.20, with comments wherever a blank may stand and line ends treated as
 * blanks, which is what the parsers in use accept. Names are not resolved here; `checkInterface` does that.
 * @throws IdlError at the first place that does not fit
 */
export function parseInterface(text: string): Interface {
  return new Parser(text).interface();
}

class Parser {
  readonly #text: string;
  readonly #lexer: Lexer;
  #token: Token;

  constructor(text: string) {
    this.#text = text;
    this.#lexer = new Lexer(text);
    this.#token = this.#lexer.next();
  }

  interface(): Interface {
    const { kind, text, comment } = this.#token;
    if (kind !== 'word' || text !== 'interface') throw this.#expected("'interface'");
    this.#advance();
    const name = this.#name(INTERFACE_NAME, 'an interface name such as org.example.Name');
    const members: Member[] = [];
    while (!this.#at('end')) members.push(this.#member());
    return { name, comment, members };
  }

  #member(): Member {
    const { kind, text, comment } = this.#token;
    if (kind !== 'word' || (text !== 'type' && text !== 'method' && text !== 'error')) {
      throw this.#expected("'type', 'method' or 'error'");
    }
    this.#advance();
    const name = this.#name(MEMBER_NAME, 'a name that begins with a capital');
    if (text === 'type') return { kind: text, name, comment, type: this.#structOrEnum(1) };
    if (text === 'error') return { kind: text, name, comment, parameters: this.#struct(1) };
    const input = this.#struct(1);
    this.#take('->');
    return { kind: text, name, comment, input, output: this.#struct(1) };
  }

  #type(depth: number): Type {
    if (depth > MAX_DEPTH) throw this.#error(`types nest deeper than ${MAX_DEPTH}`);
    const { kind } = this.#token;
    switch (kind) {
      case '?':
        this.#advance();
        if (this.#at('?')) throw this.#expected("a type after '?'");
        return { kind: 'nullable', element: this.#type(depth + 1) };
      case '[]':
        this.#advance();
        return { kind: 'array', element: this.#type(depth + 1) };
      case '[string]':
        this.#advance();
        return { kind: 'map', element: this.#type(depth + 1) };
      case '(':
        return this.#structOrEnum(depth);
      case 'word':
        return this.#namedType();
      case ')':
      case ',':
      case ':':
      case '->':
      case 'end':
        throw this.#expected('a type');
    }
  }

  #namedType(): Type {
    const { text } = this.#token;
    switch (text) {
      case 'bool':
      case 'int':
      case 'float':
      case 'string':
      case 'object':
      case 'any':
        this.#advance();
        return { kind: text };
      default:
        return { kind: 'reference', name: this.#name(MEMBER_NAME, 'a type') };
    }
  }

  /** Both begin with a name; what comes after the first one decides. */
  #structOrEnum(depth: number): StructType | EnumType {
    this.#take('(');
    if (this.#at(')')) return this.#fields([], depth);
    const first = this.#namedItem('a field or enum value');
    if (this.#at(':')) return this.#fields([this.#field(first, depth)], depth);
    if (this.#at(',') || this.#at(')')) return this.#values([first]);
    throw this.#expected("':', ',' or ')'");
  }

  #struct(depth: number): StructType {
    this.#take('(');
    if (this.#at(')')) return this.#fields([], depth);
    return this.#fields([this.#field(this.#namedItem('a field name'), depth)], depth);
  }

  /** The rest of a struct, up to and with its `)`. */
  #fields(fields: Field[], depth: number): StructType {
    while (this.#goesOn()) fields.push(this.#field(this.#namedItem('a field name'), depth));
    return { kind: 'struct', fields };
  }

  #field(item: EnumValue, depth: number): Field {
    this.#take(':');
    return { ...item, type: this.#type(depth + 1) };
  }

  #values(values: EnumValue[]): EnumType {
    while (this.#goesOn()) values.push(this.#namedItem('an enum value'));
    return { kind: 'enum', values };
  }

  /** Whether a `,` promises one more, or a `)` ends the list. */
  #goesOn(): boolean {
    const { kind } = this.#token;
    if (kind !== ',' && kind !== ')') throw this.#expected("',' or ')'");
    this.#advance();
    return kind === ',';
  }

  #namedItem(what: string): EnumValue {
    const { comment } = this.#token;
    return { name: this.#name(FIELD_NAME, what), comment };
  }

  #name(pattern: RegExp, what: string): string {
    const { kind, text } = this.#token;
    if (kind !== 'word' || text.length > MAX_NAME || !pattern.test(text)) throw this.#expected(what);
    this.#advance();
    return text;
  }

  #take(kind: TokenKind): void {
    if (!this.#at(kind)) throw this.#expected(`'${kind}'`);
    this.#advance();
  }

  /** A method, because the compiler takes `this.#token` for unchanged by the calls between two looks at it. */
  #at(kind: TokenKind): boolean {
    return this.#token.kind === kind;
  }

  #advance(): void {
    this.#token = this.#lexer.next();
  }

  #expected(what: string): IdlError {
    const { kind, text } = this.#token;
    const shown = text.length > 64 ? `${text.slice(0, 64)}…` : text;
    return this.#error(`expected ${what}, found ${kind === 'end' ? 'the end' : `'${shown}'`}`);
  }

  #error(problem: string): IdlError {
    return new IdlError(problem, this.#text, this.#token.offset);
  }
}
