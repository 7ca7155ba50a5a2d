import { Refusal } from '../lib/refusal.ts';

/** Every way something with a volume can be refused, with the facts a client needs to act on it. */
export interface VolumeRefusals {
  NoSuchVolume: { volume: string };
  VolumeExists: { name: string };
  /** `containers` by their names, ten at most. */
  VolumeInUse: { volume: string; containers: string[] };
  /** Its folder has no record that makes sense. */
  InvalidVolume: { volume: string; reason: string };
  NoSuchDriver: { driver: string };
  InvalidParameter: { parameter: string };
}

/** A request that the volumes of this host refuse. */
export class VolumeError<C extends keyof VolumeRefusals = keyof VolumeRefusals> extends Refusal<VolumeRefusals, C> {
  override readonly name = 'VolumeError';
}

/** Narrows without the `any` that `instanceof` makes of a parameter. */
export const isVolumeError = (error: unknown): error is VolumeError => error instanceof VolumeError;
