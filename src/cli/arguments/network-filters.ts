import type { Network } from '../../api/io-berth-network.ts';
import { UsageError } from './args.ts';
import { labelsFrom } from './variables.ts';

export const NETWORK_FILTERS = 'name=TEXT|id=PREFIX|driver=DRIVER|label=KEY[=VALUE]';

type Test = (network: Network) => boolean;

/** @param texts `KEY=VALUE`; of several with the same key one has to fit, of labels all. @throws UsageError */
export function parseNetworkFilters(texts: readonly string[]): Test {
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
  const hasLabels: Test = (network) =>
    wanted.every(([name, value]) => Object.hasOwn(network.labels, name) && ['', network.labels[name]].includes(value));
  return (network) => hasLabels(network) && [...some.values()].every((tests) => tests.some((test) => test(network)));
}

function testFor(key: string, value: string, text: string): Test {
  switch (key) {
    case 'name':
      return ({ name }) => name.includes(value);
    case 'id':
      return ({ id }) => id.startsWith(value);
    case 'driver':
      return ({ driver }) => driver === value;
    default:
      throw new UsageError(`--filter takes ${NETWORK_FILTERS.replaceAll('|', ', ')}, not '${text}'`);
  }
}
