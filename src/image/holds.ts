/**
 * Which images somebody is about to use, and which are being removed. A use and a removal of one image exclude each other:
 * a removal is refused while there is a hold, and a use waits for the end of a removal and then looks again.
 */

interface Hold {
  /** The name of the container that is being made of the image; undefined for an image that is just coming into the store. */
  readonly user: string | undefined;
}

export class ImageHolds {
  readonly #holds = new Map<string, Set<Hold>>();
  readonly #removals = new Map<string, Promise<unknown>>();
  #removed = 0;

  /** How many removals have ended: what was looked up before one of them may be gone. */
  get removed(): number {
    return this.#removed;
  }

  /** Keeps an image until it is disposed of. For those who have seen that it is not being removed. */
  hold(id: string, user: string | undefined): Disposable {
    const hold: Hold = { user };
    const holds = this.#holds.get(id) ?? new Set();
    this.#holds.set(id, holds.add(hold));
    return {
      [Symbol.dispose]: () => {
        holds.delete(hold);
        if (holds.size === 0 && this.#holds.get(id) === holds) this.#holds.delete(id);
      },
    };
  }

  isHeld(id: string): boolean {
    return this.#holds.has(id);
  }

  /** The names of the containers that are being made of an image. */
  usersOf(id: string): string[] {
    return [...(this.#holds.get(id) ?? [])].flatMap(({ user }) => user ?? []);
  }

  /** Settles when the removal of the image has ended; undefined while nobody removes it. */
  removalOf(id: string): Promise<unknown> | undefined {
    return this.#removals.get(id);
  }

  /** Marks an image as being removed before `work` begins. */
  async removing<T>(id: string, work: () => Promise<T>): Promise<T> {
    const { promise: ended, resolve } = Promise.withResolvers<undefined>();
    this.#removals.set(id, ended);
    try {
      return await work();
    } finally {
      this.#removed++;
      this.#removals.delete(id);
      resolve(undefined);
    }
  }
}
