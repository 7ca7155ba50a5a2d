import { PassThrough } from 'node:stream';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { InvalidReply } from '../../../src/varlink/binding.ts';
import { VarlinkError } from '../../../src/varlink/errors.ts';
import { parseInterface } from '../../../src/varlink/idl/parser.ts';
import type { Call, Caller, JsonObject, Upgrade, Upgraded } from '../../../src/varlink/types.ts';
import {
  Harbour2Client,
  harbour2Error,
  harbour2Interface,
  isHarbour2Error,
} from './generated/org-example-harbour-harbour2.ts';
import type {
  BoardOutput,
  CallOutput,
  DockInput,
  DockOutput,
  FindInput,
  FindOutput,
  Harbour2Handlers,
  Ship,
  WatchOutput,
} from './generated/org-example-harbour-harbour2.ts';
import { HARBOUR } from './corpus.ts';

const BRIG: Ship = {
  name: 'Pequod',
  crew: [{ name: 'Ishmael' }],
  tags: { whaler: {} },
  built: { yard: 'Nantucket', class: 'brig' },
  anything: 1,
};

/** Answers every call with the replies given, and keeps what it was asked. */
class FakeCaller implements Caller {
  readonly asked: [string, JsonObject][] = [];
  readonly stream = new PassThrough();
  closed = false;
  readonly #replies: readonly (JsonObject | Error)[];

  constructor(...replies: (JsonObject | Error)[]) {
    this.#replies = replies;
  }

  async call(method: string, parameters: JsonObject): Promise<JsonObject> {
    for await (const reply of this.callMore(method, parameters)) return reply;
    throw new Error('no reply');
  }

  async *callMore(method: string, parameters: JsonObject): AsyncGenerator<JsonObject> {
    this.asked.push([method, parameters]);
    try {
      for (const reply of this.#replies) {
        if (reply instanceof Error) throw reply;
        yield await Promise.resolve(reply);
      }
    } finally {
      this.closed = true;
    }
  }

  callOneway(): Promise<void> {
    return Promise.reject(new Error('not called here'));
  }

  async upgrade(method: string, parameters: JsonObject): Promise<Upgraded<JsonObject>> {
    return { reply: await this.call(method, parameters), stream: this.stream };
  }
}

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => undefined,
    (error: unknown) => error,
  );

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe('a generated client', () => {
  it('calls by the qualified name, and gives the reply as the types promise it', async () => {
    const caller = new FakeCaller({ berth: '7', more: 'than we know' });
    expect(await new Harbour2Client(caller).dock({ ship: BRIG })).toMatchObject({ berth: 7 });
    expect(caller.asked).toEqual([['org.example-harbour.Harbour2.Dock', { ship: BRIG }]]);
  });

  it('needs no input where everything may be missing', async () => {
    const caller = new FakeCaller({ ship: null });
    expect(await new Harbour2Client(caller).list()).toEqual({});
    expect(caller.asked).toEqual([['org.example-harbour.Harbour2.List', {}]]);
  });

  it('refuses a reply that the interface does not allow', async () => {
    const error = await failureOf(
      new Harbour2Client(new FakeCaller({ ship: { ...BRIG, crew: [{}] } })).find({ name: 'x' }),
    );
    expect(error).toBeInstanceOf(InvalidReply);
    expect(error).toMatchObject({ method: 'org.example-harbour.Harbour2.Find', parameter: 'ship.crew[0].name' });
  });

  it('lets an enum value pass that is newer than it', async () => {
    const ship = { ...BRIG, engine: 'fusion' };
    expect(await new Harbour2Client(new FakeCaller({ ship })).find({ name: 'x' })).toEqual({ ship });
  });

  it('iterates over replies, and hangs up when the loop is left', async () => {
    const caller = new FakeCaller({ event: 'a' }, { event: 'b' }, { event: 'c' });
    const seen: string[] = [];
    for await (const { event } of new Harbour2Client(caller).watch()) {
      seen.push(event);
      if (event === 'b') break;
    }
    expect(seen).toEqual(['a', 'b']);
    expect(caller.closed).toBe(true);
  });

  it('hangs up on a stream that goes wrong', async () => {
    const caller = new FakeCaller({ event: 'a' }, { event: 1 }, { event: 'c' });
    expect(await failureOf(all(new Harbour2Client(caller).watch()))).toBeInstanceOf(InvalidReply);
    expect(caller.closed).toBe(true);
  });

  it('has both ways to call where a method supports both', async () => {
    expect(await new Harbour2Client(new FakeCaller({})).find({ name: 'x' })).toEqual({});
    expect(await all(new Harbour2Client(new FakeCaller({}, {})).findMore({ name: 'x' }))).toEqual([{}, {}]);
    expect(await new Harbour2Client(new FakeCaller({})).board()).toEqual({});
  });

  it('hands over the stream of an upgraded call, unless the reply is bad', async () => {
    const good = new FakeCaller({ ship: 'Pequod' });
    expect(await new Harbour2Client(good).call()).toEqual({ reply: { ship: 'Pequod' }, stream: good.stream });
    const bad = new FakeCaller({});
    expect(await failureOf(new Harbour2Client(bad).call())).toBeInstanceOf(InvalidReply);
    expect(bad.stream.destroyed).toBe(true);
  });

  it('rejects with the errors of the service', async () => {
    const full = new VarlinkError('org.example-harbour.Harbour2.Full', { berths: 3 });
    const error = await failureOf(new Harbour2Client(new FakeCaller(full)).dock({ ship: BRIG }));
    expect(error).toBe(full);
    if (!isHarbour2Error(error, 'Full')) throw new Error('not told apart');
    expectTypeOf(error.parameters.berths).toEqualTypeOf<number>();
    expect(error.parameters.berths).toBe(3);
  });

  it('puts the parameters of an error into the form the types promise', async () => {
    const full = new VarlinkError('org.example-harbour.Harbour2.Full', { berths: '3' });
    for (const work of [
      new Harbour2Client(new FakeCaller(full)).dock({ ship: BRIG }),
      all(new Harbour2Client(new FakeCaller({ event: 'a' }, full)).watch()),
      new Harbour2Client(new FakeCaller(full)).call(),
    ]) {
      const error = await failureOf(work);
      expect(isHarbour2Error(error, 'Full') && error.parameters).toEqual({ berths: 3 });
    }
  });

  it('leaves all other errors as they are', async () => {
    for (const other of [
      new Error('disk on fire'),
      new VarlinkError('org.varlink.service.PermissionDenied'),
      new VarlinkError('org.example-harbour.Harbour2.Sunk', { by: 1 }),
      new VarlinkError('org.example-harbour.Harbour2.Full', { berths: [] }),
    ]) {
      expect(await failureOf(new Harbour2Client(new FakeCaller(other)).dock({ ship: BRIG }))).toBe(other);
    }
  });
});

describe('generated errors', () => {
  it('are made with their parameters', () => {
    expect(harbour2Error('Full', { berths: 2 })).toMatchObject({
      error: 'org.example-harbour.Harbour2.Full',
      parameters: { berths: 2 },
    });
    expect(harbour2Error('Storm')).toMatchObject({ error: 'org.example-harbour.Harbour2.Storm', parameters: {} });
    // @ts-expect-error a parameter is missing
    expect(() => harbour2Error('Full')).not.toThrow();
    // @ts-expect-error no such error
    expect(() => harbour2Error('Sunk')).not.toThrow();
  });

  it('are told apart by name and parameters', () => {
    expect(isHarbour2Error(harbour2Error('Storm'), 'Storm')).toBe(true);
    expect(isHarbour2Error(harbour2Error('Storm'), 'Full')).toBe(false);
    expect(isHarbour2Error(new VarlinkError('org.example-harbour.Harbour2.Full', { berths: 'many' }), 'Full')).toBe(
      false,
    );
    expect(isHarbour2Error(new VarlinkError('org.example.Other.Full', { berths: 1 }), 'Full')).toBe(false);
    expect(isHarbour2Error(new Error('Full'), 'Full')).toBe(false);
    expect(isHarbour2Error(undefined, 'Full')).toBe(false);
  });
});

describe('generated definitions and types', () => {
  it('carry the interface file, byte for byte', () => {
    expect(harbour2Interface).toMatchObject({ name: 'org.example-harbour.Harbour2', text: HARBOUR });
  });

  it('carry what the file says, without its comments', () => {
    const text = harbour2Interface.text.replaceAll(/#.*/g, '');
    expect(harbour2Interface.tree?.()).toEqual(parseInterface(text));
  });

  it('type the handlers by the flags of their methods', () => {
    expectTypeOf<Harbour2Handlers['Dock']>().toEqualTypeOf<(input: DockInput, call: Call) => Promise<DockOutput>>();
    expectTypeOf<ReturnType<Harbour2Handlers['Watch']>>().toEqualTypeOf<AsyncIterable<WatchOutput>>();
    expectTypeOf<Harbour2Handlers['Find']>().toEqualTypeOf<
      (input: FindInput, call: Call) => Promise<FindOutput> | AsyncIterable<FindOutput>
    >();
    expectTypeOf<ReturnType<Harbour2Handlers['Call']>>().toEqualTypeOf<Promise<Upgrade<CallOutput>>>();
    expectTypeOf<ReturnType<Harbour2Handlers['Board']>>().toEqualTypeOf<
      Promise<BoardOutput> | Promise<Upgrade<BoardOutput>>
    >();
  });

  it('fit a service as one writes it, and the wire', () => {
    const handlers: Harbour2Handlers = {
      Dock: async ({ ship }) => await Promise.resolve({ berth: ship.crew.length }),
      List: async () => await Promise.resolve({}),
      async *Watch(_, { signal }) {
        if (!signal.aborted) yield await Promise.resolve({ event: 'quiet' });
      },
      async *Find({ name }) {
        yield await Promise.resolve({ ship: { ...BRIG, name, tender: undefined } });
      },
      Call: async () =>
        await Promise.resolve({ reply: { ship: 'Pequod' }, serve: async (stream) => void (await stream.toArray()) }),
      Board: async () => await Promise.resolve({}),
    };
    expect(Object.keys(handlers)).toHaveLength(6);
    expectTypeOf<Ship>().toExtend<JsonObject>();
    expectTypeOf<DockInput>().toExtend<JsonObject>();
    expectTypeOf<Ship['engine']>().toEqualTypeOf<'sail' | 'steam' | 'no_engine' | undefined>();
    expectTypeOf<Ship['log']>().toEqualTypeOf<
      readonly ({ readonly [key: string]: readonly number[] } | null)[] | undefined
    >();
  });
});
