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
const BLANKS = /[ \t]*/uy;
const EOL = /\r\n|[\n\r\u2028\u2029]/uy;
const COMMENT = /[^\n\r\u2028\u2029]*/uy;
const WORD = /[A-Za-z0-9_.][A-Za-z0-9_.-]*/uy;
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
    const word = this.#here(WORD);
    const arrow = this.#text.startsWith('->', this.#offset + word.length - 1);
    if (word !== '') return ['word', arrow ? word.slice(0, -1) : word];
    for (const mark of PUNCTUATION) if (this.#text.startsWith(mark, this.#offset)) return [mark, mark];
    const found = String.fromCodePoint(this.#text.codePointAt(this.#offset) ?? 0);
    if (found === '[') throw this.#error("expected '[]' or '[string]'");
    throw this.#error(`${quoted(found)} has no meaning here`);
  }

  #skipBlanksAndComments(): void {
    this.#comment = [];
    let ownLine = this.#offset === 0;
    let blankLine = this.#offset === 0;
    for (;;) {
      this.#offset += this.#here(BLANKS).length;
      const eol = this.#here(EOL);
      if (eol !== '') {
        this.#offset += eol.length;
        if (blankLine) this.#comment = [];
        blankLine = true;
        ownLine = true;
      } else if (this.#text.startsWith('#', this.#offset)) {
        const line = this.#here(COMMENT);
        this.#offset += line.length;
        if (ownLine) this.#comment.push(line.slice(line.startsWith('# ') ? 2 : 1));
        blankLine = false;
      } else {
        return;
      }
    }
  }

  /** What a sticky pattern matches at the offset. */
  #here(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    return pattern.exec(this.#text)?.[0] ?? '';
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
