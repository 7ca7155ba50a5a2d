/** What is wrong in an interface file, and where. Lines and columns count from 1, offsets from 0, both in UTF-16 units. */
export class IdlError extends Error {
  override readonly name = 'IdlError';
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  /** The message without its position. */
  readonly problem: string;

  constructor(problem: string, text: string, offset: number) {
    const before = text.slice(0, offset).split(/\r\n|[\n\r\u2028\u2029]/u);
    const line = before.length;
    const column = (before.at(-1) ?? '').length + 1;
    super(`${line}:${column}: ${problem}`);
    this.problem = problem;
    this.line = line;
    this.column = column;
    this.offset = offset;
  }
}
