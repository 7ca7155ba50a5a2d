import type { State } from '../api/io-berth-container.ts';
import { UsageError } from './args.ts';
import { parseState } from './states.ts';
import { labelsFrom } from './variables.ts';

export interface Filters {
  /** In one of these. */
  readonly states: readonly State[] | undefined;
  /** With all of these. */
  readonly labels: Record<string, string> | undefined;
  /** With one of these in the name. */
  readonly names: readonly string[];
}

/** @param texts `KEY=VALUE`, the same key several times too. @throws UsageError */
export function parseFilters(texts: readonly string[]): Filters {
  const states: State[] = [];
  const labels: string[] = [];
  const names: string[] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    const value = text.slice(equals + 1);
    switch (text.slice(0, Math.max(0, equals))) {
      case 'status':
        states.push(parseState('--filter status=', value));
        break;
      case 'label':
        labels.push(value);
        break;
      case 'name':
        names.push(value);
        break;
      default:
        throw new UsageError(`--filter takes status=STATE, label=KEY[=VALUE] or name=TEXT, not '${text}'`);
    }
  }
  return {
    states: states.length === 0 ? undefined : states,
    labels: labels.length === 0 ? undefined : labelsFrom('--filter label=', labels),
    names,
  };
}

export const matchesName = (names: readonly string[], name: string): boolean =>
  names.length === 0 || names.some((part) => name.includes(part));
