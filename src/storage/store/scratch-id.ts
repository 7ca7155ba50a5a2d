/**
 * IDs of images whose only use is to take a name away from another one: skopeo moves names and deletes images with all of their
 * names, but it cannot take one name off. One that is found was left by a berthd that died between the two steps.
 */
import { createHash, randomBytes } from 'node:crypto';

const PREFIX = createHash('sha256').update('io.berth.scratch').digest('hex').slice(0, 32);

export const newScratchId = (): string => PREFIX + randomBytes(16).toString('hex');
export const isScratchId = (id: string): boolean => id.startsWith(PREFIX);
