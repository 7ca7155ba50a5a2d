/** The record of a volume, which lies beside its data: the database may be lost, and no volume with it. */
import * as v from 'valibot';
import { flag, map, number, text } from '../lib/schema.ts';
import { STAGES, type Volume } from './volume.ts';

const Record = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    name: text,
    createdUsec: number,
    labels: map,
    anonymous: flag,
    stage: v.picklist(STAGES),
  }),
);

export const recordOf = ({ createdAt, ...volume }: Volume): string =>
  JSON.stringify({ ...volume, createdUsec: createdAt.getTime() * 1000 });

/** @throws ValiError for a text that berth has not written */
export function volumeOf(record: string): Volume {
  const { createdUsec, ...volume } = v.parse(Record, record);
  return { ...volume, createdAt: new Date(createdUsec / 1000) };
}
