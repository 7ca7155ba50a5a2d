import type { Volume } from '../../api/io-berth-volume.ts';
import { UsageError } from './args.ts';
import { booleanOf } from './booleans.ts';
import { labelsFrom } from './variables.ts';

export const VOLUME_FILTERS = 'name=TEXT|driver=DRIVER|dangling=true|label=KEY[=VALUE]';

type Test = (volume: Volume) => boolean;

/** @param texts `KEY=VALUE`; of several with the same key one has to fit, of labels all. @throws UsageError */
export function parseVolumeFilters(texts: readonly string[]): Test {
  const some = new Map<string, Test[]>();
  const labels: string[] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals));
    const value = text.slice(equals + 1);
    if (key === 'label') labels.push(value);
    else some.set(key, [...(some.get(key) ?? []), testFor(key, value, text)]);
  }
  const wanted = Object.entries(labelsFrom('--filter label=', labels));
  const hasLabels: Test = (volume) =>
    wanted.every(([name, value]) => Object.hasOwn(volume.labels, name) && ['', volume.labels[name]].includes(value));
  return (volume) => hasLabels(volume) && [...some.values()].every((tests) => tests.some((test) => test(volume)));
}

function testFor(key: string, value: string, text: string): Test {
  const isDangling = key === 'dangling' ? booleanOf(value) : undefined;
  if (isDangling !== undefined) return ({ containers }) => (containers.length === 0) === isDangling;
  switch (key) {
    case 'name':
      return ({ name }) => name.includes(value);
    case 'driver':
      return ({ driver }) => driver === value;
    default:
      throw new UsageError(`--filter takes ${VOLUME_FILTERS.replaceAll('|', ', ')}, not '${text}'`);
  }
}
