import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { manualFromMarkdown } from '../../../packaging/markdown-page.ts';

const PAGES = join(import.meta.dirname, '../../../packaging/man');

it.each(readdirSync(PAGES).filter((name) => name.endsWith('.md')))('%s becomes a manual page', (name) => {
  const page = manualFromMarkdown(readFileSync(join(PAGES, name), 'utf8'), '1.2.3');
  const [title, heading, ...lines] = page.split('\n');
  expect(title).toMatch(/^\.TH [A-Z-]+ 7 "" "berth 1\.2\.3"$/u);
  expect(heading).toBe('.SH NAME');
  const requests = lines.filter((line) => /^[.']/u.test(line));
  for (const request of requests) expect(request).toMatch(/^\.(?:SH|SS|PP|TP|IP|RS|RE|nf|fi|br)\b/u);
});

it('text, code, lists and tables are shown as they are written', () => {
  const page = manualFromMarkdown(
    '# a(7)\n\n## Name\n\na - b `--c` *d* & "e"\n\n- one\n- two\n\n```\n.x \'y\n```\n\n| k | v |\n|---|---|\n| `K=` | w |\n',
    '1',
  );
  expect(page.split('\n')).toEqual([
    '.TH A 7 "" "berth 1"',
    '.SH NAME',
    '.PP',
    String.raw`a \- b \fB\-\-c\fR \fId\fR & \(dqe\(dq`,
    String.raw`.IP \(bu 2`,
    'one',
    String.raw`.IP \(bu 2`,
    'two',
    '.PP',
    '.RS 4',
    '.nf',
    String.raw`\&.x \(aqy`,
    '.fi',
    '.RE',
    '.TP',
    String.raw`\fB\fBK=\fR\fR`,
    'w',
    '',
  ]);
});

it('what it does not know is an error, and so is a page without a title', () => {
  expect(() => manualFromMarkdown('# a(7)\n\n> b\n', '1')).toThrow('blockquote');
  expect(() => manualFromMarkdown('a(7)\n', '1')).toThrow('NAME(SECTION)');
});
