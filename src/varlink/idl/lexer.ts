import { IdlError } from './error.ts';

export type TokenKind = 'word' | '(' | ')' | ',' | ':' | '?' | '[]' | '[string]' | '->' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly offset: number;
  /** The comment block that stands directly before the token: on lines of its own, no blank line between. */
  readonly comment: readonly string[];
}

const PUNCTUATION = ['(', ')', ',', ':', '?', '[]', '[string]', '->'] as const satisfies readonly TokenKind[];
const EOL = /[\n\r\u2028\u2029]/u;
const WORD = /[A-Za-z0-9_.-]/u;
const NO_COMMENT: readonly string[] = [];

/**
 * Cuts an interface file into tokens. Words are taken as long as they get (`a-b`, `c.d.Foo`), so that an error can name
 * the whole of what stands there; whether a word is a name of the right kind is for the parser to say.
 */
export class Lexer {
  readonly #text: string;
  #offset = 0;
  #comment: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** The next token; `end` for ever after the last. @throws IdlError at a character that begins no token */
  next(): Token {
    this.#skipBlanksAndComments();
    const offset = this.#offset;
    const comment = this.#comment.length === 0 ? NO_COMMENT : this.#comment;
    const [kind, text] = this.#cut();
    this.#offset += text.length;
    return { kind, text, offset, comment };
  }

  #cut(): [TokenKind, string] {
    if (this.#offset >= this.#text.length) return ['end', ''];
    for (const mark of PUNCTUATION) if (this.#text.startsWith(mark, this.#offset)) return [mark, mark];
    const word = this.#word();
    if (word !== '') return ['word', word];
    const found = String.fromCodePoint(this.#text.codePointAt(this.#offset) ?? 0);
    if (found === '[') throw this.#error("expected '[]' or '[string]'");
    throw this.#error(`${quoted(found)} has no meaning here`);
  }

  #word(): string {
    let end = this.#offset;
    while (WORD.test(this.#text.charAt(end)) && !this.#text.startsWith('->', end)) end++;
    return this.#text.slice(this.#offset, end);
  }

  #skipBlanksAndComments(): void {
    this.#comment = [];
    let ownLine = this.#offset === 0;
    let blankLine = this.#offset === 0;
    for (;;) {
      const char = this.#text.charAt(this.#offset);
      if (char === '#') {
        const line = this.#commentLine();
        if (ownLine) this.#comment.push(line);
        blankLine = false;
      } else if (char === ' ' || char === '\t') {
        this.#offset++;
      } else if (EOL.test(char)) {
        this.#offset += this.#text.startsWith('\r\n', this.#offset) ? 2 : 1;
        if (blankLine) this.#comment = [];
        blankLine = true;
        ownLine = true;
      } else {
        return;
      }
    }
  }

  #commentLine(): string {
    const start = this.#offset + (this.#text.startsWith('# ', this.#offset) ? 2 : 1);
    let end = start;
    while (end < this.#text.length && !EOL.test(this.#text.charAt(end))) end++;
    this.#offset = end;
    return this.#text.slice(start, end);
  }

  #error(problem: string): IdlError {
    return new IdlError(problem, this.#text, this.#offset);
  }
}

/** As it stands in the text if it can be seen, else as its code point. */
function quoted(char: string): string {
  if (/[!-~]|\p{L}/u.test(char)) return `'${char}'`;
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
