import { isLive, isStream, live } from '../varlink/stream.ts';
import { answerFor } from './errors.ts';

type Handler = (...parameters: readonly unknown[]) => unknown;
const isHandler = (value: unknown): value is Handler => typeof value === 'function';

/** The same handlers, with what they throw put into the words of their interface; faults go through as they are. */
export function translated<Handlers extends object>(interfaceName: string, handlers: Handlers): Handlers {
  const inWords = (error: unknown): unknown => answerFor(interfaceName, error) ?? error;
  return new Proxy(handlers, {
    get(target, name): unknown {
      const handler: unknown = Reflect.get(target, name);
      return isHandler(handler) ? wrapped(handler.bind(target), inWords) : handler;
    },
  });
}

function wrapped(handler: Handler, inWords: (error: unknown) => unknown): Handler {
  return (...parameters) => {
    let result: unknown;
    try {
      result = handler(...parameters);
    } catch (error) {
      throw inWords(error);
    }
    if (isStream(result)) return isLive(result) ? live(iterated(result, inWords)) : iterated(result, inWords);
    return Promise.resolve(result).catch((error: unknown) => {
      throw inWords(error);
    });
  };
}

/** Not a generator around a generator, which would take three turns of the microtask queue for each item instead of one. */
function iterated(items: AsyncIterable<unknown>, inWords: (error: unknown) => unknown): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = items[Symbol.asyncIterator]();
      const asked = async (step: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown>> =>
        await step.catch((error: unknown) => {
          throw inWords(error);
        });
      return {
        next: () => asked(iterator.next()),
        return: async (value?: unknown) =>
          (await (iterator.return === undefined ? undefined : asked(iterator.return(value)))) ?? { done: true, value },
      };
    },
  };
}
