import { Refusal } from '../lib/refusal.ts';

/** Every way a request about an image can be refused, with the facts a client needs to act on it. */
export interface ImageRefusals {
  NoSuchImage: { image: string };
  AmbiguousImage: { image: string };
  /** `parameter` as the client wrote it: `image`, `name`, `configuration.image`. */
  InvalidParameter: { parameter: string };
  /** `containers` are the names of those that are made of it, ten at most. */
  ImageInUse: { image: string; containers: string[] };
  /** `store` is where it lies. */
  ImageReadOnly: { image: string; store: string };
}

/** A request that the images of this host refuse. */
export class ImageError<C extends keyof ImageRefusals = keyof ImageRefusals> extends Refusal<ImageRefusals, C> {
  override readonly name = 'ImageError';
}
