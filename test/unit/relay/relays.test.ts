/** The relays of a host, with a store that is a map: what of them is open, and what the next berthd finds. */
import { closeSync, readdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { duplicate } from '../../../src/relay/libc.ts';
import { Relays } from '../../../src/relay/relays.ts';

const openNow = (): number => readdirSync('/proc/self/fd').length;

/** systemd's side: keeps duplicates, and gives those of one name back in the order that it likes. */
function aStore(): {
  storeFds: (name: string, fds: readonly number[]) => Promise<void>;
  removeFds: (name: string) => Promise<void>;
  kept: Map<string, number[]>;
} {
  const kept = new Map<string, number[]>();
  return {
    kept,
    storeFds: async (name, fds) => {
      kept.set(name, [...(kept.get(name) ?? []), ...fds.map(duplicate)].toReversed());
      await Promise.resolve();
    },
    removeFds: async (name) => {
      for (const fd of kept.get(name) ?? []) closeSync(fd);
      kept.delete(name);
      await Promise.resolve();
    },
  };
}

const relaysOn = (store: ReturnType<typeof aStore>, stored = new Map<string, readonly number[]>()): Relays =>
  new Relays({
    store,
    stored,
    folder: `${tmpdir()}/berth-relays`,
    writer: () => undefined,
    failed: (_, error) => {
      throw error;
    },
    now: () => new Date(1),
  });
const request = { form: 'pipes', stdin: 'open', client: 'none' } as const;

it('gives back all that it made for a process where that cannot be kept', async () => {
  const store = aStore();
  const relays = relaysOn({
    ...store,
    storeFds: async (name, fds) => {
      if (name.includes('stdin')) throw new Error('no room');
      await store.storeFds(name, fds);
    },
  });
  (await relays.open('before', { ...request, stdin: 'none' }))[Symbol.dispose](); // what is loaded once is loaded
  const before = openNow();
  await expect(relays.open('one', request)).rejects.toThrow('no room');
  expect(openNow()).toBe(before);
  expect([...store.kept.keys()].filter((name) => name.includes('one'))).toEqual([]);
  await relays.remove('before');
});

it('tells the streams of a process apart that an earlier one has left, and keeps what is the same by one name', async () => {
  const store = aStore();
  const first = relaysOn(store);
  using opened = await first.open('two', request);
  expect(store.kept.size).toBe(2);
  first.close();
  // As systemd passes them to the next.
  const passed = new Map([...store.kept].map(([name, fds]) => [name, fds.map(duplicate)]));
  const second = relaysOn(store, passed);
  const relay = await second.recover('two', request);
  expect(relay?.acceptsInput).toBe(true);
  const said: string[] = [];
  relay?.attach(
    {
      output: (stream, bytes) => said.push(`${stream} ${bytes.toString()}`),
      pending: 0,
      drained: async () => await Promise.resolve(),
      dropped: () => expect.fail(),
    },
    'foreground',
  );
  for (const name of ['stdout', 'stderr'] as const) writeSync(opened[name] ?? 0, name);
  await expect.poll(() => said.toSorted()).toEqual(['stderr stderr', 'stdout stdout']);
  await second.remove('two');
  expect(store.kept.size).toBe(0);
});

it('gives back what nobody asks for', async () => {
  const store = aStore();
  const first = relaysOn(store);
  (await first.open('three', request))[Symbol.dispose]();
  first.close();
  await new Promise(setImmediate);
  const before = openNow();
  const passed = new Map([...store.kept].map(([name, fds]) => [name, fds.map(duplicate)]));
  await relaysOn(store, passed).sweep();
  expect(openNow()).toBe(before - 3);
  expect(store.kept.size).toBe(0);
});
