import type { Network } from '../../api/io-berth-network.ts';
import { labelledFilter } from './labelled-filters.ts';

export const NETWORK_FILTERS = 'name=TEXT|id=PREFIX|driver=DRIVER|label=KEY[=VALUE]';

type Test = (network: Network) => boolean;

/** @throws UsageError */
export const parseNetworkFilters = (texts: readonly string[]): Test => labelledFilter(texts, NETWORK_FILTERS, testFor);

function testFor(key: string, value: string): Test | undefined {
  switch (key) {
    case 'name':
      return ({ name }) => name.includes(value);
    case 'id':
      return ({ id }) => id.startsWith(value);
    case 'driver':
      return ({ driver }) => driver === value;
    default:
      return undefined;
  }
}
