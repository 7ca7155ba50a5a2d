/** A manual page in roff, for man(7), from one in Markdown, which a reader on the web opens as it is. */
import { marked, type Token, type Tokens } from 'marked';
import { roff } from './roff.ts';

/**
 * @param text begins with `# name(section)`; its first section is *Name*, as man-pages(7) has it
 * @param version of berth
 */
export function manualFromMarkdown(text: string, version: string): string {
  const [title, ...body] = marked.lexer(text).filter(({ type }) => type !== 'space');
  const { name = '', section = '' } = /^(?<name>[\w.-]+)\((?<section>\d)\)$/u.exec(textOf(title))?.groups ?? {};
  if (title?.type !== 'heading' || section === '') throw new Error('a manual page begins with # NAME(SECTION)');
  return [`.TH ${name.toUpperCase()} ${section} "" "berth ${roff(version)}"`, ...body.flatMap(block), ''].join('\n');
}

const textOf = (token: Token | undefined): string => (token !== undefined && 'text' in token ? String(token.text) : '');

/** The requests of one block; what is not listed would be lost, and is an error. */
function block(token: Token): string[] {
  switch (token.type) {
    case 'space':
      return [];
    case 'heading': {
      const { depth, text } = token as Tokens.Heading;
      return [depth === 2 ? `.SH ${roff(text.toUpperCase())}` : `.SS ${roff(text)}`];
    }
    case 'paragraph':
      return ['.PP', inline(token.tokens)];
    case 'code':
      return ['.PP', '.RS 4', '.nf', ...(token as Tokens.Code).text.split('\n').map(roff), '.fi', '.RE'];
    case 'list':
      return (token as Tokens.List).items.flatMap(({ tokens }) => [String.raw`.IP \(bu 2`, ...tokens.flatMap(listed)]);
    case 'table':
      return rows(token as Tokens.Table);
    default:
      throw new Error(`a manual page has no ${token.type}`);
  }
}

/** The first paragraph of an item stands beside its bullet. */
const listed = (token: Token): string[] =>
  token.type === 'text' ? [inline((token as Tokens.Text).tokens ?? [token])] : block(token);

/** A row is a term and what stands in the other columns, with their headings where there are several. */
function rows({ header, rows: all }: Tokens.Table): string[] {
  return all.flatMap(([term, ...cells]) => [
    '.TP',
    String.raw`\fB${inline(term?.tokens)}\fR`,
    cells
      .map(({ tokens }, index) => ({ heading: header[index + 1]?.text ?? '', text: inline(tokens) }))
      .filter(({ text }) => text !== '')
      .map(({ heading, text }) => (cells.length === 1 ? text : `${roff(heading)}: ${text}`))
      .join('\n.br\n') || String.raw`\&`,
  ]);
}

const FONTS: Readonly<Record<string, string>> = { strong: 'B', em: 'I', codespan: 'B' };

function inline(tokens: readonly Token[] | undefined = []): string {
  return tokens
    .map((token) => {
      const font = FONTS[token.type];
      const inner =
        'tokens' in token && token.tokens !== undefined ? inline(token.tokens) : roff(unescaped(textOf(token)));
      return font === undefined ? inner : String.raw`\f${font}${inner}\fR`;
    })
    .join('')
    .replaceAll('\n', ' ');
}

/** marked has written these for HTML. */
const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
