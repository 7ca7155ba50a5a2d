import { expectedMore } from './errors.ts';

/**
 * The replies of a `more` method, as its handler makes them: an async iterable, of which each value is a reply.
 *
 * Which reply is the last has to be said in the reply itself, so one is held back until the next comes or the iterable ends:
 * the last value is the final reply, as sd-varlink's sentinels have it. A generator may also `return` its final reply. One
 * without any value is answered by an empty reply.
 *
 * Without the `more` flag the only value is the reply; a second one refuses the call with `ExpectedMore`.
 */

const LIVE = Symbol('live');

interface LiveReplies<T> extends AsyncIterable<T> {
  readonly [LIVE]: true;
}

/**
 * For a stream that follows what happens: nothing is held back, each value goes out as it comes, and what ends the
 * stream is the caller's hang-up or an error. Should it end by itself, an empty final reply follows, so the method's
 * output must be all nullable for that.
 */
export function live<T>(replies: AsyncIterable<T>): AsyncIterable<T> {
  const marked: LiveReplies<T> = { [Symbol.asyncIterator]: () => replies[Symbol.asyncIterator](), [LIVE]: true };
  return marked;
}

export const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

export interface ReplySink {
  /** The caller wants many replies. */
  readonly more: boolean;
  /** The caller has gone. */
  readonly gone: boolean;
  /** Resolves when the caller can take the next one. */
  readonly send: (reply: unknown, continues: boolean) => Promise<void> | undefined;
}

/**
 * Sends a stream's replies, the final one too, each when the caller can take it. Ends early when the caller has gone, and
 * leaves no stream open.
 * @throws whatever the handler threw, after the replies that came before
 */
export async function pump(replies: AsyncIterator<unknown>, isLive: boolean, sink: ReplySink): Promise<void> {
  let held: { reply: unknown } | undefined;
  const takeHeld = (): typeof held => {
    const taken = held;
    held = undefined;
    return taken;
  };
  // undefined where there is nothing to wait for, which for thousands of replies counts.
  const releaseHeld = (): Promise<void> | undefined => {
    const taken = takeHeld();
    return taken !== undefined && sink.more ? sink.send(taken.reply, true) : undefined;
  };
  try {
    for (let step = await replies.next(); !sink.gone; step = await replies.next()) {
      if (step.done === true) {
        if (step.value !== undefined) await releaseHeld();
        await sink.send(step.value ?? takeHeld()?.reply ?? {}, false);
        return;
      }
      if (held !== undefined && !sink.more) throw expectedMore();
      const released = releaseHeld();
      if (released !== undefined) await released;
      if (isLive && sink.more) await sink.send(step.value, true);
      else held = { reply: step.value };
    }
  } catch (error) {
    await releaseHeld();
    throw error;
  } finally {
    await replies.return?.();
  }
}

export const isLive = (replies: AsyncIterable<unknown>): boolean => LIVE in replies;
