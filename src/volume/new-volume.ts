import { randomBytes } from 'node:crypto';
import type { VolumePorts } from './ports.ts';
import type { Volume } from './volume.ts';

/** A name that nobody has chosen, and nobody else has. */
export const newVolumeName = (): string => randomBytes(32).toString('hex');

export const newVolume = (
  { now }: Pick<VolumePorts, 'now'>,
  name: string,
  { anonymous, labels = {} }: Pick<Volume, 'anonymous'> & Partial<Pick<Volume, 'labels'>>,
): Volume => ({ name, createdAt: now(), labels, anonymous, stage: 'new' });
