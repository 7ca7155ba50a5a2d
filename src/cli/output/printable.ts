/** What containers and runtimes say may not move the cursor of the person who reads it, or reverse what stands there. */
const DANGEROUS = /[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu;

/** `text` for a terminal: control characters as `\x1b`, ends of lines too. */
export const printable = (text: string): string => text.replaceAll(DANGEROUS, escaped);

function escaped(character: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  if (short !== undefined) return short;
  const code = character.charCodeAt(0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code}`;
}

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}]/u;
const NARROW = /[\p{M}\u200B-\u200D]/u;

/** How many columns of a terminal printable text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : NARROW.test(character) ? 0 : 1;
  return width;
}

/** The beginning of `text`, ending in `…` where it takes more than `columns`. */
export function shortened(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = '';
  for (const character of text) {
    if (widthOf(kept + character) > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
