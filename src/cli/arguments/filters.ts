import type { State, Summary } from '../../api/io-berth-container.ts';
import { UsageError } from './args.ts';
import { parseCount } from './quantities.ts';
import { parseState } from './states.ts';
import { labelsFrom } from './variables.ts';

export interface Filters {
  /** In one of these. */
  readonly states: readonly State[] | undefined;
  /** With all of these. */
  readonly labels: Record<string, string> | undefined;
  /** Whether a container is what the others want. */
  readonly matches: (container: Summary) => boolean;
}

/** What one filter says, for each that can be given several times: one of its values has to fit. */
const TESTS: Readonly<Record<string, (value: string) => (container: Summary) => boolean>> = {
  name: (part) => (container) => container.name.includes(part),
  id: (prefix) => (container) => container.id.startsWith(prefix),
  ancestor: (image) => (container) => isOfImage(container, image),
  exited: (text) => {
    const code = parseCount('--filter exited=', text);
    return ({ runtime }) => runtime.exit?.exitCode === code && ['stopped', 'exited'].includes(runtime.state);
  },
};

export const FILTERS = 'status=STATE|label=KEY[=VALUE]|name=TEXT|id=PREFIX|ancestor=IMAGE|exited=CODE';

/** @param texts `KEY=VALUE`, the same key several times too. @throws UsageError */
export function parseFilters(texts: readonly string[]): Filters {
  const states: State[] = [];
  const labels: string[] = [];
  const tests = new Map<string, ((container: Summary) => boolean)[]>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals));
    const value = text.slice(equals + 1);
    const test = Object.hasOwn(TESTS, key) ? TESTS[key] : undefined;
    if (key === 'status') states.push(parseState('--filter status=', value));
    else if (key === 'label') labels.push(value);
    else if (test !== undefined) tests.set(key, [...(tests.get(key) ?? []), test(value)]);
    else throw new UsageError(`--filter takes ${FILTERS.replaceAll('|', ', ')}, not '${text}'`);
  }
  return {
    states: states.length === 0 ? undefined : states,
    labels: labels.length === 0 ? undefined : labelsFrom('--filter label=', labels),
    matches: (container) => [...tests.values()].every((some) => some.some((test) => test(container))),
  };
}

/** By the name it was given to Create, with or without registry and tag, or by its ID. */
function isOfImage({ image, imageId }: Summary, wanted: string): boolean {
  if (image === wanted || (/^[0-9a-f]{3,64}$/u.test(wanted) && imageId.startsWith(wanted))) return true;
  return imageNameMatches(image, wanted);
}

/** Whether `wanted` is a name or the end of it, of whole parts; without a tag it stands for every tag. */
export function imageNameMatches(name: string, wanted: string): boolean {
  const untagged = name.replace(/:[^/:]*$/u, '');
  return [name, untagged].some((each) => each === wanted || each.endsWith(`/${wanted}`));
}
