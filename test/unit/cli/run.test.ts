import { describe, expect, it } from 'vitest';
import {
  containerError,
  type Configuration,
  type ContainerHandlers,
  type StartAndAttachInput,
  type State,
} from '../../../src/api/io-berth-container.ts';
import { Channel } from '../../../src/stream/channel.ts';
import { ID } from './fixtures.ts';
import { ago, berth, TestWorld, type Ran } from './world.ts';

/** What a container does with its client. */
type Process = (channel: Channel) => Promise<void> | void;

interface Berthd {
  readonly calls: string[];
  readonly made: Configuration[];
  readonly attached: StartAndAttachInput[];
  readonly containers: Partial<ContainerHandlers>;
}

/** A berthd whose containers do this, and which tells what it was asked. */
function aBerthd(process: Process = exits(0), overrides: Partial<ContainerHandlers> = {}): Berthd {
  const calls: string[] = [];
  const made: Configuration[] = [];
  const attached: StartAndAttachInput[] = [];
  const told = (name: string) => {
    return async (input: unknown): Promise<Record<string, never>> => {
      calls.push(`${name} ${JSON.stringify(input)}`);
      return await Promise.resolve({});
    };
  };
  const containers: Partial<ContainerHandlers> = {
    async Create({ configuration }) {
      made.push(configuration);
      return await Promise.resolve({ id: ID, name: 'x' });
    },
    async StartAndAttach(input) {
      attached.push(input);
      const serve: Extract<
        Awaited<ReturnType<ContainerHandlers['StartAndAttach']>>,
        { serve: unknown }
      >['serve'] = async (stream) => {
        const channel = new Channel(stream, { form: 'framed', detachKeys: Buffer.alloc(0) });
        void channel.read({ input: () => undefined, inputEnd: () => undefined, resize: () => undefined });
        await process(channel);
      };
      return await Promise.resolve({ reply: {}, serve });
    },
    Start: told('Start'),
    Kill: told('Kill'),
    Remove: told('Remove'),
    ...overrides,
  };
  return { calls, made, attached, containers };
}

const exits =
  (exitCode: number): Process =>
  (channel) =>
    channel.exit({ exitCode });

const run = async (argv: string[], containers: Partial<ContainerHandlers>): Promise<Ran> =>
  await berth(['run', ...argv], { containers });

describe('run -d', () => {
  it('prints the ID and leaves; what it writes is for the journal alone', async () => {
    const { calls, made, containers } = aBerthd();
    expect(await run(['-d', 'busybox'], containers)).toMatchObject({ code: 0, stdout: `${ID}\n`, stderr: '' });
    expect(calls).toEqual([`Start {"container":"${ID}"}`]);
    expect(made).toEqual([{ image: 'busybox' }]);
  });
});

describe('run, where berthd goes away before it has answered', () => {
  /** Loses its caller at the first call. */
  const losing = (world: () => TestWorld): (() => boolean) => {
    let isFirst = true;
    return () => {
      if (!isFirst) return false;
      isFirst = false;
      world().cutAll();
      return true;
    };
  };
  const inspected = (state: State, invocationId?: string): Pick<ContainerHandlers, 'Inspect'> => ({
    Inspect: async () =>
      await Promise.resolve({
        id: ID,
        name: 'x',
        unit: 'berth-x.service',
        imageId: 'a'.repeat(64),
        command: ['true'],
        createdAt: ago(1),
        bundle: '/b',
        configuration: {},
        connections: [],
        runtime: { state, invocationId },
      }),
  });

  it('makes one container', async () => {
    const ids: unknown[] = [];
    const { containers } = aBerthd(exits(3), {
      async Create({ id }) {
        ids.push(id);
        isLost();
        return await Promise.resolve({ id: ID, name: 'x' });
      },
    });
    const world = new TestWorld({ containers });
    const isLost = losing(() => world);
    expect(await world.run('run', 'busybox')).toMatchObject({ code: 3, stderr: '' });
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), ids[0]]);
  });

  it('starts it again where it was not started', async () => {
    const { attached, containers } = aBerthd(exits(3), inspected('configured'));
    const { StartAndAttach: start } = containers;
    const world = new TestWorld({
      containers: {
        ...containers,
        StartAndAttach: async (input, call) => {
          isLost();
          if (start === undefined) throw new Error('it has one');
          return await start(input, call);
        },
      },
    });
    const isLost = losing(() => world);
    expect(await world.run('run', 'busybox')).toMatchObject({ code: 3, stderr: '' });
    expect(attached).toHaveLength(2);
  });

  it.each([
    ['run', /ended while berthd was away/, 7, ['run', 'busybox']],
    ['run -d', /^$/, 0, ['run', '-d', 'busybox']],
  ] as const)('%s does not run it a second time where it has run', async (_, told, code, argv) => {
    let starts = 0;
    const lost = async (): Promise<never> => {
      starts++;
      world.cutAll();
      return await Promise.reject(containerError('NoSuchContainer', { container: 'nobody hears this' }));
    };
    const { containers } = aBerthd(exits(3), {
      ...inspected('exited', 'a'.repeat(32)),
      StartAndAttach: lost,
      Start: lost,
      Attach: async () =>
        await Promise.reject(containerError('WrongState', { container: ID, state: 'exited', operation: 'attach' })),
      Wait: async () => await Promise.resolve({ state: 'exited', exit: { exitCode: 7, oomKilled: false } }),
    });
    const world = new TestWorld({ containers });
    expect(await world.run(...argv)).toMatchObject({ code, stderr: expect.stringMatching(told) as string });
    expect(starts).toBe(1);
  });
});

describe('run in the foreground', () => {
  it('is attached before the container runs', async () => {
    const { calls, made, attached, containers } = aBerthd();
    await run(['--rm', 'busybox'], containers);
    expect(made).toEqual([{ image: 'busybox', removeOnExit: true, streams: 'relay' }]);
    expect(attached).toEqual([{ container: ID, stdin: false }]);
    expect(calls).toEqual([]);
  });

  it('follows the journal of one whose streams are to be sockets of that', async () => {
    const { made, containers } = aBerthd();
    await run(['--streams', 'journal', 'busybox'], containers);
    expect(made).toEqual([{ image: 'busybox', streams: 'journal' }]);
  });

  it('writes what the container wrote, each stream to its own, byte for byte', async () => {
    const bytes = Buffer.from([0, 255, 10, 10, 32, 10, 195, 13, 10, 32]);
    const { containers } = aBerthd((channel) => {
      channel.write('stdout', bytes.subarray(0, 4));
      channel.write('stderr', Buffer.from('wrong\n\n'));
      channel.write('stdout', bytes.subarray(4));
      channel.exit({ exitCode: 0 });
    });
    const ran = await run(['busybox'], containers);
    expect(ran.bytes.equals(bytes)).toBe(true);
    expect(ran).toMatchObject({ code: 0, stderr: 'wrong\n\n' });
  });

  it.each([0, 42, 127, 137])('exits as the container did: %i', async (code) => {
    expect(await run(['busybox'], aBerthd(exits(code)).containers)).toMatchObject({ code, stderr: '' });
  });

  it('says so when nobody knows how the container ended', async () => {
    const ran = await run(['busybox'], aBerthd((channel) => channel.exit({})).containers);
    expect(ran.code).toBe(125);
    expect(ran.stderr).toContain('nobody knows how the process ended');
  });
});

describe('a run that cannot start', () => {
  const failures: [error: Error, code: number][] = [
    [containerError('CommandNotFound', { container: 'x', message: 'no such file' }), 127],
    [containerError('CommandNotExecutable', { container: 'x', message: 'permission denied' }), 126],
    [containerError('UnitExists', { unit: 'berth-x.service' }), 125],
  ];
  const failing = (refusal: Error): Partial<ContainerHandlers> => ({
    Start: async () => await Promise.reject(refusal),
    StartAndAttach: async () => await Promise.reject(refusal),
  });

  it.each(failures)('%s', async (error, code) => {
    for (const option of [[], ['-d']]) {
      const { calls, containers } = aBerthd(exits(0), failing(error));
      const ran = await run([...option, 'busybox'], containers);
      expect(ran).toMatchObject({ code, stdout: '' });
      expect(ran.stderr).toMatch(/^berth: .+\n$/);
      expect(calls).toEqual([]);
    }
  });

  it('leaves nothing where the container was to be removed', async () => {
    for (const option of [[], ['-d']]) {
      const { calls, containers } = aBerthd(exits(0), failing(containerError('UnitExists', { unit: 'u' })));
      expect(await run(['--rm', ...option, 'busybox'], containers)).toMatchObject({ code: 125 });
      expect(calls).toEqual([`Remove {"container":"${ID}","force":true}`]);
    }
  });

  it('exits with 125 when the container cannot be made', async () => {
    const Create = async (): Promise<never> => await Promise.reject(containerError('NoSuchImage', { image: 'nope' }));
    const ran = await run(['--pull=never', 'nope'], aBerthd(exits(0), { Create }).containers);
    expect(ran).toMatchObject({ code: 125, stdout: '' });
    expect(ran.stderr).toBe(
      "berth: there is no image 'nope'; get it with 'berth pull nope' or see what there is with 'berth images'\n",
    );
  });
});

describe('a signal', () => {
  it('goes to the container, and berth stays until that has ended', async () => {
    const killed = Promise.withResolvers<string | undefined>();
    const running = Promise.withResolvers<undefined>();
    const { containers } = aBerthd(
      async (channel) => {
        running.resolve(undefined);
        channel.write('stdout', Buffer.from(`got ${String(await killed.promise)}\n`));
        channel.exit({ exitCode: 143 });
      },
      {
        async Kill({ signal }) {
          killed.resolve(signal);
          return await Promise.resolve({});
        },
      },
    );
    const world = new TestWorld({ containers });
    const ran = world.run('run', 'busybox');
    await running.promise;
    world.raise('SIGTERM');
    expect(await ran).toMatchObject({ code: 143, stdout: 'got SIGTERM\n', stderr: '' });
    expect(world.listensTo('SIGTERM')).toBe(false);
  });

  it('that comes while the container starts waits until it runs', async () => {
    const order: string[] = [];
    const starting = Promise.withResolvers<undefined>();
    const started = Promise.withResolvers<undefined>();
    const killed = Promise.withResolvers<undefined>();
    const { containers } = aBerthd(
      async (channel) => {
        await killed.promise;
        channel.exit({ exitCode: 0 });
      },
      {
        async Kill() {
          order.push('killed');
          killed.resolve(undefined);
          return await Promise.resolve({});
        },
      },
    );
    const { StartAndAttach } = containers;
    const slow: ContainerHandlers['StartAndAttach'] = async (...call) => {
      starting.resolve(undefined);
      await started.promise;
      order.push('started');
      return await StartAndAttach!(...call);
    };
    const world = new TestWorld({ containers: { ...containers, StartAndAttach: slow } });
    const ran = world.run('run', 'busybox');
    await starting.promise;
    world.raise('SIGINT');
    started.resolve(undefined);
    expect(await ran).toMatchObject({ code: 0 });
    expect(order).toEqual(['started', 'killed']);
  });

  it('that comes too late is nobody’s business', async () => {
    const running = Promise.withResolvers<undefined>();
    const answered = Promise.withResolvers<undefined>();
    const late = containerError('WrongState', { container: 'x', state: 'exited', operation: 'kill' });
    const { containers } = aBerthd(
      async (channel) => {
        running.resolve(undefined);
        await answered.promise;
        channel.exit({ exitCode: 0 });
      },
      {
        async Kill() {
          answered.resolve(undefined);
          return await Promise.reject(late);
        },
      },
    );
    const world = new TestWorld({ containers });
    const ran = world.run('run', 'busybox');
    await running.promise;
    world.raise('SIGTERM');
    expect(await ran).toMatchObject({ code: 0, stderr: '' });
  });
});
