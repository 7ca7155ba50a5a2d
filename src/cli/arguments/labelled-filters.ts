import { UsageError } from './args.ts';
import { labelsFrom } from './variables.ts';

interface Labelled {
  readonly labels: Readonly<Record<string, string>>;
}
type Test<T> = (thing: T) => boolean;

/**
 * What `--filter` says of things with labels.
 * @param texts `KEY=VALUE`; of several with the same key one has to fit, of labels all
 * @param usage what `--filter` takes, with `|` between the forms
 * @param testFor the test of each key but `label`; undefined for what it does not take
 * @throws UsageError
 */
export function labelledFilter<T extends Labelled>(
  texts: readonly string[],
  usage: string,
  testFor: (key: string, value: string) => Test<T> | undefined,
): Test<T> {
  const some = new Map<string, Test<T>[]>();
  const labels: string[] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals));
    const value = text.slice(equals + 1);
    if (key === 'label') {
      labels.push(value);
      continue;
    }
    const test = testFor(key, value);
    if (test === undefined) throw new UsageError(`--filter takes ${usage.replaceAll('|', ', ')}, not '${text}'`);
    some.set(key, [...(some.get(key) ?? []), test]);
  }
  const wanted = Object.entries(labelsFrom('--filter label=', labels));
  const hasLabels: Test<T> = (thing) =>
    wanted.every(([name, value]) => Object.hasOwn(thing.labels, name) && ['', thing.labels[name]].includes(value));
  return (thing) => hasLabels(thing) && [...some.values()].every((tests) => tests.some((test) => test(thing)));
}
