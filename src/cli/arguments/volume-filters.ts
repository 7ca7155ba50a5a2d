import type { Volume } from '../../api/io-berth-volume.ts';
import { booleanOf } from './booleans.ts';
import { labelledFilter } from './labelled-filters.ts';

export const VOLUME_FILTERS = 'name=TEXT|driver=DRIVER|dangling=true|label=KEY[=VALUE]';

type Test = (volume: Volume) => boolean;

/** @throws UsageError */
export const parseVolumeFilters = (texts: readonly string[]): Test => labelledFilter(texts, VOLUME_FILTERS, testFor);

function testFor(key: string, value: string): Test | undefined {
  switch (key) {
    case 'name':
      return ({ name }) => name.includes(value);
    case 'driver':
      return ({ driver }) => driver === value;
    case 'dangling':
      return dangling(booleanOf(value));
    default:
      return undefined;
  }
}

const dangling = (wanted: boolean | undefined): Test | undefined =>
  wanted === undefined ? undefined : ({ containers }) => (containers.length === 0) === wanted;
