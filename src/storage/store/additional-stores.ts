/**
 * Stores of somebody else, podman's for one, whose images are used and never changed. Which these are is asked each time, as it
 * may be configured anew. They need not be there, and one that cannot be read does not keep the others.
 */
import { StorageCorrupt } from '../errors.ts';
import { ImageList } from './image-list.ts';
import type { Image } from '../images.ts';

export interface AdditionalStoresOptions {
  /** Absolute; the earlier ones come first. */
  readonly roots: () => readonly string[];
  /** Where this process finds a path. */
  readonly seen: (path: string) => string;
  readonly onDamage: (damage: StorageCorrupt) => void;
}

export class AdditionalStores {
  readonly #options: AdditionalStoresOptions;
  #lists = new Map<string, ImageList>();

  constructor(options: AdditionalStoresOptions) {
    this.#options = options;
  }

  /** The images of all of them, without those among `known`; of an image in several stores the first. */
  async readBeside(known: readonly Image[]): Promise<Image[]> {
    const { roots, seen, onDamage } = this.#options;
    const before = this.#lists;
    this.#lists = new Map(
      roots().map((root) => [
        root,
        before.get(root) ?? new ImageList({ root, seenAt: seen(root), access: 'read-only', onDamage }),
      ]),
    );
    const ids = new Set(known.map(({ id }) => id));
    const images: Image[] = [];
    for (const list of this.#lists.values()) {
      for (const image of await this.#read(list)) {
        if (ids.has(image.id)) continue;
        ids.add(image.id);
        images.push(image);
      }
    }
    return images;
  }

  async #read(list: ImageList): Promise<Image[]> {
    try {
      return await list.read();
    } catch (failure) {
      if (!(failure instanceof StorageCorrupt)) throw failure;
      this.#options.onDamage(failure);
      return [];
    }
  }
}
