import { UsageError } from '../arguments/args.ts';

/** What the commands that list things share. */
export const FORMAT_OPTION = { kind: 'text', value: 'json', help: 'Print a JSON array instead of a table' } as const;

/** @throws UsageError */
export function parseFormat(text: string | undefined): 'json' | 'table' {
  if (text === undefined || text === 'json' || text === 'table') return text ?? 'table';
  throw new UsageError(`--format takes json, not '${text}'`);
}

export const shortId = (id: string): string => id.slice(0, 12);
