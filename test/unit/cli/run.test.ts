import { describe, expect, it } from 'vitest';
import {
  containerError,
  type ContainerHandlers,
  type Exit,
  type LogLine,
} from '../../../src/api/io-berth-container.ts';
import { live } from '../../../src/varlink/stream.ts';
import { berth, TestWorld, type Ran } from './world.ts';

const ID = 'f'.repeat(64);
let cursor = 0;
const line = (message: string, rest: Partial<LogLine> = {}): { line: LogLine } => ({
  line: {
    stream: 'stdout',
    message,
    terminated: true,
    timestamp: { realtime: 1 },
    cursor: `c${(++cursor).toString()}`,
    ...rest,
  },
});
const ended = (exit: Partial<Exit>): { state: 'exited'; exit: Exit } => ({
  state: 'exited',
  exit: { oomKilled: false, ...exit },
});

/** A berthd with one container, which tells what it was asked. */
function aBerthd(overrides: Partial<ContainerHandlers> = {}): {
  calls: string[];
  containers: Partial<ContainerHandlers>;
} {
  const calls: string[] = [];
  const told = <Output>(name: string, output: Output) => {
    return async (input: unknown): Promise<Output> => {
      calls.push(`${name} ${JSON.stringify(input)}`);
      return await Promise.resolve(output);
    };
  };
  const containers: Partial<ContainerHandlers> = {
    Create: async () => {
      calls.push('Create');
      return await Promise.resolve({ id: ID, name: 'x' });
    },
    Init: told('Init', {}),
    Start: told('Start', {}),
    Kill: told('Kill', {}),
    Remove: told('Remove', {}),
    Wait: told('Wait', ended({ exitCode: 0 })),
    async *Logs() {
      calls.push('Logs');
      yield* [];
    },
    ...overrides,
  };
  return { calls, containers };
}

const run = async (argv: string[], containers: Partial<ContainerHandlers>): Promise<Ran> =>
  await berth(['run', ...argv], { containers });

describe('run -d', () => {
  it('prints the ID and leaves', async () => {
    const { calls, containers } = aBerthd();
    expect(await run(['-d', 'busybox'], containers)).toMatchObject({ code: 0, stdout: `${ID}\n`, stderr: '' });
    expect(calls).toEqual(['Create', `Start {"container":"${ID}"}`]);
  });
});

describe('run in the foreground', () => {
  it('writes what the container wrote, each stream to its own, byte for byte', async () => {
    const { containers } = aBerthd({
      async *Logs() {
        yield line('one');
        yield line('wrong', { stream: 'stderr' });
        yield line('', {});
        yield {
          line: {
            ...line('').line,
            message: undefined,
            messageBase64: Buffer.from([0, 255, 10, 195]).toString('base64'),
          },
        };
        yield line('a tab\there, ünïcode, \u001B[1mbold', {});
        yield line('cut', { terminated: false });
        await Promise.resolve();
      },
    });
    const ran = await run(['busybox'], containers);
    const bytes = Buffer.concat([
      Buffer.from('one\n\n'),
      Buffer.from([0, 255, 10, 195, 10]),
      Buffer.from('a tab\there, ünïcode, \u001B[1mbold\ncut'),
    ]);
    expect(ran.bytes.equals(bytes)).toBe(true);
    expect(ran).toMatchObject({ code: 0, stderr: 'wrong\n' });
  });

  // prettier-ignore
  const exits: [exit: Partial<Exit>, code: number][] = [
    [{ exitCode: 0 },                      0],
    [{ exitCode: 42 },                     42],
    [{ exitCode: 137, signal: 'SIGKILL' }, 137],
    [{ exitCode: 127 },                    127],
  ];
  it.each(exits)('exits as the container did: %o', async (exit, code) => {
    const { containers } = aBerthd({ Wait: async () => await Promise.resolve(ended(exit)) });
    expect(await run(['busybox'], containers)).toMatchObject({ code, stderr: '' });
  });

  it('says so when nobody knows how the container ended', async () => {
    const { containers } = aBerthd({ Wait: async () => await Promise.resolve({}) });
    const ran = await run(['busybox'], containers);
    expect(ran.code).toBe(125);
    expect(ran.stderr).toContain('nobody knows how the container ended');
  });

  it('starts it, then follows it, then asks how it ended', async () => {
    const { calls, containers } = aBerthd();
    await run(['busybox'], containers);
    expect(calls).toEqual(['Create', `Start {"container":"${ID}"}`, 'Logs', `Wait {"container":"${ID}"}`]);
  });

  it('asks for the lines of one that will be gone before it runs', async () => {
    const { calls, containers } = aBerthd();
    await run(['--rm', 'busybox'], containers);
    expect(calls).toEqual([
      'Create',
      `Init {"container":"${ID}"}`,
      'Logs',
      `Start {"container":"${ID}"}`,
      `Wait {"container":"${ID}"}`,
    ]);
  });

  it('still exits as the container did when its lines cannot be had', async () => {
    const { containers } = aBerthd({
      async *Logs() {
        yield line('one');
        await Promise.resolve();
        throw containerError('SystemFailed', { errnoName: 'EIO', message: 'the journal cannot be used' });
      },
      Wait: async () => await Promise.resolve(ended({ exitCode: 3 })),
    });
    const ran = await run(['busybox'], containers);
    expect(ran).toMatchObject({ code: 3, stdout: 'one\n' });
    expect(ran.stderr).toContain('the journal cannot be used');
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
  });

  it.each(failures)('%s', async (error, code) => {
    for (const option of [[], ['-d']]) {
      const { calls, containers } = aBerthd(failing(error));
      const ran = await run([...option, 'busybox'], containers);
      expect(ran).toMatchObject({ code, stdout: '' });
      expect(ran.stderr).toMatch(/^berth: .+\n$/);
      expect(calls).toEqual(['Create']);
    }
  });

  it('leaves nothing where the container was to be removed', async () => {
    for (const option of [[], ['-d']]) {
      const { calls, containers } = aBerthd(failing(containerError('UnitExists', { unit: 'u' })));
      expect(await run(['--rm', ...option, 'busybox'], containers)).toMatchObject({ code: 125 });
      expect(calls.at(-1)).toBe(`Remove {"container":"${ID}","force":true}`);
    }
  });

  it('exits with 125 when the container cannot be made', async () => {
    const { containers } = aBerthd({
      Create: async () => await Promise.reject(containerError('NoSuchImage', { image: 'nope' })),
    });
    const ran = await run(['nope'], containers);
    expect(ran).toMatchObject({ code: 125, stdout: '' });
    expect(ran.stderr).toBe(
      "berth: there is no image 'nope'; get it with 'berth pull nope' or see what there is with 'berth images'\n",
    );
  });
});

describe('a signal', () => {
  it('goes to the container, and berth stays until that has ended', async () => {
    const killed = Promise.withResolvers<string | undefined>();
    const following = Promise.withResolvers<undefined>();
    const { containers } = aBerthd({
      async Kill({ signal }) {
        killed.resolve(signal);
        return await Promise.resolve({});
      },
      async *Logs() {
        following.resolve(undefined);
        yield line(`got ${String(await killed.promise)}`);
      },
      Wait: async () => await Promise.resolve(ended({ exitCode: 143, signal: 'SIGTERM' })),
    });
    const world = new TestWorld({ containers });
    const ran = world.run('run', 'busybox');
    await following.promise;
    world.raise('SIGTERM');
    expect(await ran).toMatchObject({ code: 143, stdout: 'got SIGTERM\n', stderr: '' });
    expect(world.listensTo('SIGTERM')).toBe(false);
  });

  it('that comes while the container starts waits until it runs', async () => {
    const order: string[] = [];
    const starting = Promise.withResolvers<undefined>();
    const started = Promise.withResolvers<undefined>();
    const killed = Promise.withResolvers<undefined>();
    const { containers } = aBerthd({
      async Start() {
        starting.resolve(undefined);
        await started.promise;
        order.push('started');
        return {};
      },
      async Kill() {
        order.push('killed');
        killed.resolve(undefined);
        return await Promise.resolve({});
      },
      async *Logs() {
        await killed.promise;
        yield line('bye');
      },
    });
    const world = new TestWorld({ containers });
    const ran = world.run('run', 'busybox');
    await starting.promise;
    world.raise('SIGINT');
    started.resolve(undefined);
    expect(await ran).toMatchObject({ code: 0, stdout: 'bye\n' });
    expect(order).toEqual(['started', 'killed']);
  });

  it('that comes too late is nobody’s business', async () => {
    const asked = Promise.withResolvers<undefined>();
    const answered = Promise.withResolvers<undefined>();
    const { containers } = aBerthd({
      async Kill() {
        answered.resolve(undefined);
        return await Promise.reject(
          containerError('WrongState', { container: 'x', state: 'exited', operation: 'kill' }),
        );
      },
      async Wait() {
        asked.resolve(undefined);
        await answered.promise;
        return ended({ exitCode: 0 });
      },
    });
    const world = new TestWorld({ containers });
    const ran = world.run('run', 'busybox');
    await asked.promise;
    world.raise('SIGTERM');
    expect(await ran).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('berthd goes away under a run', () => {
  it('and comes back: no line is lost, none comes twice, the exit code is right', async () => {
    const cursors: (string | undefined)[] = [];
    async function* linesAfter(cursor: string | undefined): AsyncGenerator<{ line: LogLine }> {
      cursors.push(cursor);
      if (cursor === undefined) {
        yield line('one', { cursor: 'first' });
        yield line('two', { cursor: 'second' });
        setImmediate(() => world.cutAll());
        await new Promise(() => undefined);
      }
      yield line('three', { cursor: 'third' });
    }
    const world: TestWorld = new TestWorld({
      containers: {
        ...aBerthd().containers,
        Logs: ({ cursor }) => live(linesAfter(cursor)),
        Wait: (() => {
          let asked = 0;
          return async () => {
            if (asked++ > 0) return ended({ exitCode: 7 });
            setImmediate(() => world.cutAll());
            return await new Promise<never>(() => undefined);
          };
        })(),
      },
    });
    expect(await world.run('run', 'busybox')).toMatchObject({ code: 7, stdout: 'one\ntwo\nthree\n', stderr: '' });
    expect(cursors).toEqual([undefined, 'second']);
  });

  it('again and again: it is given up', async () => {
    let asked = 0;
    const world = new TestWorld({
      containers: {
        ...aBerthd().containers,
        async Wait() {
          asked++;
          setImmediate(() => world.cutAll());
          return await new Promise<never>(() => undefined);
        },
      },
    });
    const ran = await world.run('run', 'busybox');
    expect(ran.code).toBe(125);
    expect(ran.stderr).toContain('berthd closed the connection before it answered');
    expect(asked).toBe(6);
  });
});
