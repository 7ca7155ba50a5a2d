import { imagesOn, type Images } from '../../../src/image/images.ts';
import type { Image } from '../../../src/storage/images.ts';
import { anImage, FakeImageStore } from '../../support/fakes.ts';

export const idOf = (digit: string): string => digit.repeat(64);

/** @param digit of which the ID is made */
export const named = (digit: string, ...names: string[]): Image => anImage({ id: idOf(digit), names });

/** Images of a host whose containers are in `used`, by the IDs of their images. */
export function someImages(...all: Image[]): {
  readonly images: Images;
  readonly store: FakeImageStore;
  readonly used: Map<string, string[]>;
} {
  const store = new FakeImageStore(all);
  const used = new Map<string, string[]>();
  return { images: imagesOn(store, { of: (id) => used.get(id) ?? [] }), store, used };
}

/** Something that waits until a test lets it go on, and tells when it has begun. */
export function aPause(): {
  readonly begun: Promise<void>;
  readonly wait: () => Promise<void>;
  readonly end: () => void;
} {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  return {
    begun: begun.promise,
    wait: async () => {
      begun.resolve();
      await ended.promise;
    },
    end: () => {
      ended.resolve();
    },
  };
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
