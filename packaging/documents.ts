/** Manual pages and completions of shells, most of it made from the table of commands. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { COMMANDS, GROUPS } from '../src/cli/commands.ts';
import { bashCompletion } from '../src/cli/completion/bash.ts';
import { completionTable } from '../src/cli/completion/table.ts';
import { zshCompletion } from '../src/cli/completion/zsh.ts';
import { manual } from './manual.ts';
import { manualFromMarkdown } from './markdown-page.ts';

const MANUALS = join(import.meta.dirname, 'man');

/** @param stage the root of the package */
export async function writeDocuments(stage: string, version: string): Promise<void> {
  const pages = new Map([['berth.1', await manual(version)]]);
  for (const name of await readdir(MANUALS)) {
    const text = await readFile(join(MANUALS, name), 'utf8');
    if (name.endsWith('.md')) pages.set(basename(name, '.md'), manualFromMarkdown(text, version));
    else pages.set(name, text);
  }
  for (const [name, page] of pages) {
    const path = `usr/share/man/man${extname(name).slice(1)}/${name}.gz`;
    await writeInto(stage, path, gzipSync(page, { level: 9 }));
  }
  const table = await completionTable(COMMANDS, GROUPS);
  await writeInto(stage, 'usr/share/bash-completion/completions/berth', bashCompletion(table));
  await writeInto(stage, 'usr/share/zsh/vendor-completions/_berth', zshCompletion(table));
}

async function writeInto(stage: string, path: string, content: string | Uint8Array): Promise<void> {
  const file = join(stage, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content);
}
